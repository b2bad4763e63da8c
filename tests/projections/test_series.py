"""The pyramid behind long series: right, short, stable as points arrive, exact when zoomed in."""

from collections.abc import Callable, Iterator
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.events import EpisodeFinished
from projections.engine.route import QueryError
from projections.pyramid import METRICS, level_for
from projections.readmodels.series import read_series
from tests.support.logs import write_log
from tests.support.read_models import project_log

Timed = tuple[Any, float]
EPISODES = 400


@pytest.fixture(scope="module")
def read_models(
    tmp_path_factory: pytest.TempPathFactory,
    events_without_crashes: list[Timed],
) -> Iterator[Callable[[int], apsw.Connection]]:
    """The read model after so many episodes."""
    folder = tmp_path_factory.mktemp("series")
    finished = [timed for timed in events_without_crashes if isinstance(timed[0], EpisodeFinished)]
    open_ones: dict[int, apsw.Connection] = {}

    def after(episodes: int) -> apsw.Connection:
        if episodes not in open_ones:
            log = write_log(folder / f"log{episodes}.db", finished[:episodes])
            open_ones[episodes] = apsw.Connection(str(project_log(log, folder / f"model{episodes}.db")))
        return open_ones[episodes]

    yield after
    for connection in open_ones.values():
        connection.close()


@settings(max_examples=60, deadline=None)
@given(
    metric=st.sampled_from(METRICS),
    first=st.integers(1, EPISODES),
    length=st.integers(1, EPISODES),
    points=st.integers(2, 200),
)
def test_every_point_is_what_the_episodes_say(
    read_models: Callable[[int], apsw.Connection], metric: str, first: int, length: int, points: int
) -> None:
    connection = read_models(EPISODES)
    last = min(EPISODES, first + length - 1)
    series = read_series(connection, metric, first, last, points)
    assert 1 <= len(series.mean) <= points
    assert series.first[0] <= first
    assert series.last[-1] >= last
    for begin, end, mean, low, high in zip(
        series.first, series.last, series.mean, series.low, series.high, strict=True
    ):
        values = [
            row[0]
            for row in connection.execute(
                f"SELECT {metric} FROM episodes WHERE episode_id BETWEEN ? AND ?", (begin, end)
            )
        ]
        assert len(values) == end - begin + 1 <= series.resolution
        assert (low, high) == (min(values), max(values))
        assert mean == pytest.approx(sum(values) / len(values), rel=1e-9, abs=1e-12)
    assert series.first[1:] == [end + 1 for end in series.last[:-1]], "no gap and no overlap"


def test_points_do_not_move_as_others_arrive(read_models: Callable[[int], apsw.Connection]) -> None:
    early, late = (read_series(read_models(n), "total_reward", points=15) for n in (300, 390))
    assert early.resolution == late.resolution == 32
    complete = len(early.mean) - 1
    for column in ("first", "last", "mean", "low", "high"):
        assert getattr(late, column)[:complete] == getattr(early, column)[:complete]


def test_zoomed_in_it_is_exact(read_models: Callable[[int], apsw.Connection]) -> None:
    series = read_series(read_models(EPISODES), "survival_time", 101, 150, points=50)
    assert series.resolution == 1
    assert series.first == series.last == list(range(101, 151))
    assert series.mean == series.low == series.high


def test_a_question_without_sense_is_refused(read_models: Callable[[int], apsw.Connection]) -> None:
    connection = read_models(EPISODES)
    with pytest.raises(QueryError, match="no metric 'reward'; the metrics are survival_time, "):
        read_series(connection, "reward")
    with pytest.raises(QueryError, match="points is 9999; give 2 to 2000"):
        read_series(connection, "epsilon", points=9999)
    assert read_series(connection, "epsilon", 500, 600).mean == []
    assert read_series(connection, "epsilon", 50, 40).mean == []


@given(episodes=st.integers(1, 10**9), points=st.integers(2, 2000))
def test_a_level_never_gives_more_points_than_asked(episodes: int, points: int) -> None:
    level = level_for(episodes, points)
    touched = episodes if level == 0 else (episodes >> level) + 2
    assert touched <= points
