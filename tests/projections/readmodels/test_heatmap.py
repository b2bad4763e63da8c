"""The visits and novelty of every cell over the newest hundred episodes."""

from tests.support.events import cells, finished, resumed, started
from tests.support.read_models import ReadModelKit


def test_position_heatmap_counts_the_cells_steps_ended_in(kit: ReadModelKit) -> None:
    kit.given(started()).when(finished(1, 4), cells(1, [1, 5, 5, 11], novelty=0.25, start=7))
    rows = kit.rows("SELECT x, y, visit_count, novelty_value FROM position_heatmap")
    assert len(rows) == 12
    assert [row for row in rows if row[2]] == [(1, 0, 1, 0.25), (1, 1, 2, 0.25), (3, 2, 1, 0.25)]


def test_position_heatmap_keeps_a_hundred_episodes_over_a_resume(kit: ReadModelKit) -> None:
    """150 episodes, back to 120: the rolling window gets its older episodes back."""
    kit.given(started())
    for episode in range(1, 151):
        kit.given(finished(episode), cells(episode, [episode % 12] * 4))
    window = "SELECT min(episode_id), max(episode_id), count(*), sum(visit_count) FROM position_heatmap"
    assert kit.rows(window) == [(51, 150, 1200, 400)]
    kit.when(resumed(120, 1 + 240))
    assert kit.rows(window) == [(21, 120, 1200, 400)]
