"""Incidents of many runs: each run has its own, and the server's (disk, memory) are told once for all."""

import time

from projections.runs.catalogue import ListedRun
from server.incidents import Incidents, Notification
from server.messages import Alarm
from server.runs.health import AllRuns, alarms_of

__all__ = ["RunsIncidents"]


class RunsIncidents:
    """What is to be told of all runs. A notification names its run by run id, configuration and seed."""

    def __init__(self, every: AllRuns, started_at: float | None = None) -> None:
        self._every = every
        self._started_at = time.time() if started_at is None else started_at
        self._of_runs: dict[str, Incidents] = {}

    def advance(self, now: float) -> list[Notification]:
        """What is to be told at `now`, Unix seconds; of a run that is gone nothing is told any more."""
        told: list[Notification] = []
        server = [alarm.alarm for alarm in self._every.alarms() if not alarm.run_id]
        for run in self._every.runs:
            run_id = run.summary.run_id
            if run_id is not None and run.reading is not None:
                # an alarm of the server is told with the first run, since every notification names one
                told += self._of_run(run_id, run, [*server, *alarms_of(run, now)], now)
                server = []
        return told

    def _of_run(self, run_id: str, run: ListedRun, alarms: list[Alarm], now: float) -> list[Notification]:
        assert run.reading is not None
        incidents = self._of_runs.setdefault(run_id, Incidents(self._started_at))
        return incidents.advance(alarms, run.reading.trainer, run.reading.run, now)
