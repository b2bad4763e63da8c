"""Incidents of many runs: each run has its own, and so has the server (disk, memory)."""

import time

from projections.runs.catalogue import ListedRun
from server.incidents import Incidents, Notification
from server.messages import Alarm
from server.runs.health import AllRuns, alarms_of

__all__ = ["RunsIncidents"]


class RunsIncidents:
    """The notifications of all runs, each naming its run, and those of the server, which name none."""

    def __init__(self, every: AllRuns, started_at: float | None = None) -> None:
        self._every = every
        self._started_at = time.time() if started_at is None else started_at
        self._of_server = Incidents(self._started_at)
        self._of_runs: dict[str, Incidents] = {}

    def advance(self, now: float) -> list[Notification]:
        """The notifications due at `now`, Unix seconds; there are none of a run that is gone."""
        server = [alarm.alarm for alarm in self._every.alarms() if not alarm.run_id]
        due = self._of_server.advance(server, None, None, now)
        for run in self._every.runs:
            run_id = run.summary.run_id
            if run_id is not None and run.reading is not None:
                due += self._of_run(run_id, run, alarms_of(run, now), now)
        return due

    def _of_run(self, run_id: str, run: ListedRun, alarms: list[Alarm], now: float) -> list[Notification]:
        assert run.reading is not None
        incidents = self._of_runs.setdefault(run_id, Incidents(self._started_at))
        return incidents.advance(alarms, run.reading.trainer, run.reading.run, now)
