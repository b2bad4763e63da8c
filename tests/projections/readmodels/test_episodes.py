"""The tables of finished and superseded episodes."""

from projections.state import read_state
from tests.support.events import cells, finished, resumed, saved, started, uses
from tests.support.read_models import ReadModelKit


def test_episodes_have_the_nine_specified_columns(kit: ReadModelKit) -> None:
    kit.given(started()).when(finished(1, 7, epsilon=0.25))
    assert kit.rows("SELECT * FROM episodes") == [(1, 1001.0, 7, 1.5, -1.0, 2.5, 1.0, 1, 0.25)]
    assert kit.rows("SELECT * FROM episode_details") == [(1, 2, 1, 1, 1, "energy", 10)]


def test_a_resume_moves_superseded_episodes_aside_even_twice(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1), finished(2), saved(2, 3), finished(3, 30), finished(4))
    kit.when(resumed(2, 3), finished(3, 31), resumed(2, 3, 3), finished(3, 32))
    assert kit.rows("SELECT episode_id, survival_time FROM episodes") == [(1, 4), (2, 4), (3, 32)]
    assert kit.rows("SELECT episode_id, attempt, survival_time FROM superseded_episodes") == [
        (3, 1, 30),
        (4, 1, 4),
        (3, 2, 31),
    ]


def test_a_resume_before_the_first_checkpoint_takes_everything_back(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1), cells(1, [0, 1]), uses(1, "Bed", "Job")).when(resumed(0, 1))
    for table in ("episodes", "position_heatmap", "affordance_visits"):
        assert kit.rows(f"SELECT * FROM {table}") == []
    assert kit.rows("SELECT value FROM system_state WHERE key = 'current_episode'") == [("0",)]
    assert kit.ask(read_state) is None
