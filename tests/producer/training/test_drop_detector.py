"""A drop is detected from survival times alone, and so is its end."""

import pytest

from core.config_schema import Exploration
from producer.training.drop_detector import PerformanceDropDetector
from tests.support.training import a_finished_episode

MAX_STEPS = 500
SETTINGS = Exploration(
    survival_window=20,
    drop_window=10,
    drop_min_episodes=30,
    drop_reference_half_life=50,
    recovery_max_steps=1000,
)
DROP, RECOVERED, GIVEN_UP = "drop", "recovered", "given_up"


def after(
    detector: PerformanceDropDetector,
    survival_times: list[int],
    stage: int = 5,
    born_stage: int = 5,
    steps: int = 10,
) -> list[tuple[int, str]]:
    """What was found, with the index of the episode."""
    found = []
    for index, survival_time in enumerate(survival_times):
        detector.advance(steps)
        finding = detector.record(a_finished_episode(survival_time, born_stage), stage)
        if finding is not None:
            found.append((index, finding[0]))
    return found


def a_detector() -> PerformanceDropDetector:
    return PerformanceDropDetector(SETTINGS, MAX_STEPS)


def test_the_mean_of_the_newest_episodes_falls_below_a_part_of_the_reference() -> None:
    detector = a_detector()
    assert after(detector, [450] * 300) == []
    ((index, reason),) = after(detector, [150] * 10)
    # The reference is still near 450: 0.6 of it is passed when 6 or 7 of the newest ten are short.
    assert (index, reason) in {(5, DROP), (6, DROP)}
    assert detector.recovering


def test_the_finding_gives_its_numbers() -> None:
    detector = a_detector()
    after(detector, [450] * 300)
    findings = [detector.record(a_finished_episode(150, 5), 5) for _ in range(7)]
    numbers = next(finding for finding in findings if finding is not None)[1]
    assert numbers.keys() == {"mean_survival", "reference", "below"}
    assert numbers["mean_survival"] < numbers["below"] * numbers["reference"]
    assert numbers["below"] == SETTINGS.drop_below


@pytest.mark.parametrize(
    "before",
    [[450] * 20, [300] * 300],
    ids=["too few episodes", "the stage is not mastered"],
)
def test_no_drop_without_a_reference_worth_the_name(before: list[int]) -> None:
    detector = a_detector()
    assert after(detector, [*before, *([100] * 9)]) == []


def test_ordinary_ups_and_downs_are_no_drop() -> None:
    assert after(a_detector(), [450 if index % 3 else 300 for index in range(600)]) == []


def test_episodes_of_another_stage_do_not_count() -> None:
    detector = a_detector()
    after(detector, [450] * 100, stage=3, born_stage=3)
    assert after(detector, [150] * 40, stage=4, born_stage=3) == []
    assert after(detector, [150] * 40, stage=4, born_stage=4) == []


def test_the_reference_is_a_plain_mean_at_first() -> None:
    detector = a_detector()
    after(detector, [400, 500, 450, 370])
    assert detector.state_dict()["reference"] == pytest.approx(430.0)


@pytest.mark.parametrize(
    ("survival_time", "steps", "expected"),
    [(430, 10, (19, RECOVERED)), (200, 30, (33, GIVEN_UP))],
)
def test_a_recovery_ends_with_success_or_with_the_time_limit(
    survival_time: int, steps: int, expected: tuple[int, str]
) -> None:
    detector = a_detector()
    after(detector, [450] * 300)
    drop_at = after(detector, [150] * 10)[0][0]
    detector = a_detector()
    after(detector, [450] * 300 + [150] * (drop_at + 1))
    assert after(detector, [survival_time] * 40, steps=steps) == [expected]
    assert not detector.recovering


def test_a_second_drop_can_follow_a_recovery() -> None:
    detector = a_detector()
    after(detector, [450] * 300 + [150] * 10 + [450] * 300)
    assert [reason for _, reason in after(detector, [150] * 10)] == [DROP]


@pytest.mark.parametrize("before", [[450] * 90, [450] * 90 + [150] * 12], ids=["watching", "recovering"])
def test_a_restored_detector_continues(before: list[int]) -> None:
    detector, restored = a_detector(), a_detector()
    after(detector, before)
    restored.load_state_dict(detector.state_dict())
    later = [200] * 20 + [460] * 60
    assert after(detector, later) == after(restored, later)
    assert detector.state_dict() == restored.state_dict()
