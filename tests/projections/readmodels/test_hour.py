"""The last whole hour of a run."""

from pathlib import Path

import pytest

from core import events as e
from projections.engine.reader import read_once
from projections.readmodels.hour import Hour, read_hour
from tests.support.events import finished, resumed, saved, started
from tests.support.logs import TimedEvent, write_log
from tests.support.read_models import project_log

MINUTE = 60.0


def hour_of(folder: Path, *timed: TimedEvent, episode: int | None = None) -> Hour | None:
    """What is said of the last hour; times in minutes since the start."""
    log = write_log(folder / "events.db", [(event, 1000 + at * MINUTE) for event, at in timed])
    with read_once(project_log(log, folder / "model.db")) as connection:
        return read_hour(connection, episode)


def stage(episode: int, to: int) -> e.StageChanged:
    return e.StageChanged(episode=episode, agent=None, from_stage=to - 1, to_stage=to, decided_by={})


def test_a_run_shorter_than_an_hour_has_none(tmp_path: Path) -> None:
    assert hour_of(tmp_path, (started(), 0), (finished(1), 30), (finished(2), 59.9)) is None


RUN: tuple[TimedEvent, ...] = (
    (started(), 0),
    (finished(1, 10), 30),
    (stage(1, 2), 30),
    (finished(2, 30), 61),
    (finished(3, 50), 90),
    (stage(3, 3), 90),
    (saved(3, 6), 91),
    (finished(4, 40), 119),
    (finished(5, 90), 121),
)


def test_it_tells_of_the_whole_hour_before_the_newest_episode(tmp_path: Path) -> None:
    hour = hour_of(tmp_path, *RUN)
    assert hour is not None
    assert (hour.hour, hour.began_at) == (2, 1000 + 3600)
    assert (hour.first_episode, hour.last_episode, hour.episodes) == (2, 4, 3)
    assert (hour.mean_survival, hour.mean_before) == (40, 10)
    assert (hour.best_episode, hour.best_survival) == (3, 50)
    assert [(mark.kind, mark.text) for mark in hour.events] == [("stage", "stage 2 → 3")]
    assert hour.behaviours == []


@pytest.mark.parametrize(("episode", "expected"), [(1, None), (2, 1), (4, 1), (5, 2)])
def test_it_is_as_of_any_episode(tmp_path: Path, episode: int, expected: int | None) -> None:
    hour = hour_of(tmp_path, *RUN, episode=episode)
    assert (None if hour is None else hour.hour) == expected


def test_an_hour_in_which_the_trainer_was_away_is_not_told(tmp_path: Path) -> None:
    away = ((started(), 0), (finished(1), 30), (saved(1, 3), 31), (resumed(1, 3), 300), (finished(2), 301))
    assert hour_of(tmp_path, *away) is None
