"""Which moments of a run are pictured."""

from core.definitions import Recovery
from projections.readmodels.annotations import Annotation
from projections.readmodels.behaviour_page import Behaviour
from server.snapshots.moments import LAYERS, address_of, landmark_moments, recovery_moment, regular_moments


def mark(episode: int, kind: str) -> Annotation:
    return Annotation(episode=episode, position=1, kind=kind, text="")


def test_the_first_and_the_newest_moment_are_among_the_regular_ones() -> None:
    assert regular_moments(120, 50) == [1, 50, 100, 120]
    assert regular_moments(1, 50) == [1]
    assert len(regular_moments(10_000, 50)) == 201


def test_landmarks_are_within_the_run_and_the_move_has_the_episode_after_it() -> None:
    marks = [mark(0, "started"), mark(40, "stage"), mark(50, "checkpoint"), mark(60, "randomized")]
    assert landmark_moments(marks, 75, 100) == [1, 40, 60, 61, 75]
    odd = Behaviour(episode=83, kind="miserable", title="", evidence="", step=None, beginner=False)
    assert landmark_moments(marks, None, 100, [odd])[-1] == 83
    assert landmark_moments([mark(100, "randomized")], None, 100) == [100]


def test_the_recovery_is_the_episode_at_whose_end_survival_was_back() -> None:
    back = Recovery(state="recovered", text="", moved_at=5000, before=1.0, episodes=259)
    assert recovery_moment(back) == 5259
    assert recovery_moment(Recovery(state="recovering", text="", moved_at=5000)) is None


def test_an_address_names_moment_theme_and_layer() -> None:
    assert address_of(5, "page", "dark") == "?still&episode=5&theme=dark"
    assert address_of(5, "town", "light") == f"?still&episode=5&theme=light&{LAYERS['town']}"
