"""An incident is told once when it begins and once when it is over, whatever flickers in between."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from server.async_read_model import AsyncReadModel
from server.incidents import FINISHED, OVER_SECONDS, Incidents
from server.live import LiveState, read_live_state
from server.messages import Alarm, Disk
from server.runs.health import AllRuns
from server.runs.incidents import RunsIncidents

DISK = Alarm(kind="disk_low", subject="disk", text="disk: 3 MB are free")
ONE = Alarm(kind="projector_stopped", subject="episodes", text="projector episodes: stopped by event 7")
OTHER = Alarm(kind="projector_stopped", subject="run", text="projector run: stopped by event 7")


@pytest.fixture(scope="module")
def live(synthetic_run: Path) -> LiveState:
    found = AsyncReadModel(synthetic_run / "demo_state.db").query_blocking(read_live_state).live
    assert found is not None
    return found


class Watcher:
    """Incidents of a running trainer, looked at moment by moment."""

    def __init__(self, live: LiveState, started_at: float = 0.0, status: str = "running") -> None:
        self.incidents, self.live = Incidents(started_at), live
        self.trainer = replace(live.trainer, status=status)

    def at(self, now: float, *alarms: Alarm) -> list[tuple[str, str, str]]:
        told = self.incidents.advance(alarms, self.trainer, self.live.run, now)
        for notification in told:
            assert notification.run_id == self.live.run.run_id
            assert notification.at == now
        return [(each.state, each.kind, each.subject) for each in told]


def test_an_incident_of_a_server_of_many_runs_names_no_run() -> None:
    every = AllRuns(disk=Disk(free_bytes=3, total_bytes=10, floor_bytes=5, low=True))
    incidents = RunsIncidents(every, started_at=0.0)
    (begun,) = incidents.advance(100.0)
    assert (begun.state, begun.kind) == ("begins", "disk_low")
    assert (begun.run_id, begun.config_name, begun.seed, begun.episode) == (None, None, None, None)
    every.disk = None
    (over,) = incidents.advance(100.0 + OVER_SECONDS)
    assert (over.state, over.run_id) == ("over", None)


def test_an_incident_is_reported_when_it_begins_and_when_it_is_over(live: LiveState) -> None:
    watcher = Watcher(live)
    assert watcher.at(100, DISK) == [("begins", "disk_low", "disk")]
    assert watcher.at(101, replace(DISK, text="disk: 2 MB are free")) == []
    assert watcher.at(102) == []
    assert watcher.at(101 + OVER_SECONDS) == [("over", "disk_low", "disk")]
    assert watcher.at(102 + OVER_SECONDS) == []
    assert watcher.at(200, DISK) == [("begins", "disk_low", "disk")]


def test_an_alarm_that_flickers_is_one_incident(live: LiveState) -> None:
    watcher = Watcher(live)
    told = [watcher.at(second, *([DISK] if second % 9 == 0 else [])) for second in range(100)]
    assert [each for each in told if each] == [[("begins", "disk_low", "disk")]]


def test_two_projectors_are_two_incidents(live: LiveState) -> None:
    watcher = Watcher(live)
    assert watcher.at(0, ONE) == [("begins", "projector_stopped", "episodes")]
    assert watcher.at(1, ONE, OTHER) == [("begins", "projector_stopped", "run")]
    assert watcher.at(20, OTHER) == [("over", "projector_stopped", "episodes")]


def test_the_end_of_the_run_is_reported_once(live: LiveState) -> None:
    ended = live.trainer.last_event_at
    watcher = Watcher(live, started_at=ended - 100, status="running")
    assert watcher.at(ended - 1) == []
    watcher.trainer = replace(live.trainer, status="completed")
    assert watcher.at(ended + 1) == [("begins", FINISHED, "trainer")]
    assert watcher.at(ended + 1000) == []
    # extended by `producer run --episodes`
    watcher.trainer = replace(live.trainer, status="running")
    assert watcher.at(ended + 2000) == [("over", FINISHED, "trainer")]


def test_a_run_that_finished_before_the_server_began_is_no_news(live: LiveState) -> None:
    watcher = Watcher(live, started_at=live.trainer.last_event_at + 1, status="completed")
    assert watcher.at(live.trainer.last_event_at + 2) == []
