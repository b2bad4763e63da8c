"""`/healthz` and `/metrics` of a server of many runs: every alarm and every figure names its run."""

import time
from collections.abc import Sequence

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from core.definitions import RunState
from core.process.memory import Memory
from core.version import VERSION
from projections.runs.catalogue import ListedRun
from server.alarms import find_alarms, stream_alarms
from server.health import NOT_STORED, STUCK_SECONDS, Strict, health_response, is_set
from server.messages import Alarm, Disk
from server.metrics import PROMETHEUS, RunFigures, ServerFigures, exposition
from server.runs.open_runs import OpenRuns
from server.stream.status import StreamStatus, read_status

__all__ = ["AllRuns", "RunAlarm", "RunsLiveness", "alarms_of", "health_routes"]

PAST_SECONDS = 24 * 3_600.0
"""A run whose newest event is older is history: how it ended is in the list, and no alarm any more."""


class RunAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm of one run, or of the server, whose `run_id` and `name` are empty."""

    run_id: str
    name: str
    alarm: Alarm

    @property
    def text(self) -> str:
        """The alarm in a sentence that names the run."""
        return f"run {self.name}: {self.alarm.text}" if self.run_id else self.alarm.text


class RunsLiveness(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `/healthz`.

    `live`: the process answers. `ready`: the list of runs is fresh. `runs` counts the runs by their state.
    `reasons` says why it is not ready, and then every alarm in a sentence that names its run; `alarms` has
    the same alarms for programs.
    """

    live: bool
    ready: bool
    runs: dict[RunState, int]
    reasons: list[str]
    alarms: list[RunAlarm]
    version: str = VERSION


class AllRuns(msgspec.Struct):
    """What the server knows of all runs, as of the last time it read them.

    `refreshed_at` is the monotonic time of the last success, `problem` what stopped the newest reading.
    """

    runs: Sequence[ListedRun] = ()
    refreshed_at: float = float("-inf")
    problem: str = "the server has only just started"
    disk: Disk | None = None
    memory: Memory | None = None

    def alarms(self) -> list[RunAlarm]:
        """Every alarm at present: the server's own, then those of each run."""
        server = find_alarms(None, (), 0.0, self.disk, self.memory, time.time())
        found = [RunAlarm(run_id="", name="", alarm=alarm) for alarm in server]
        for run in self.runs:
            run_id = run.summary.run_id
            if run_id is not None:
                found += [
                    RunAlarm(run_id=run_id, name=run.folder.name, alarm=alarm)
                    for alarm in alarms_of(run, time.time())
                ]
        return found

    def liveness(self) -> RunsLiveness:
        """Whether the list is fresh, and what is wrong."""
        reasons = [self.problem] if self.problem else []
        age = time.monotonic() - self.refreshed_at
        if not reasons and age > STUCK_SECONDS:
            reasons.append(f"the runs were last read {age:.0f} s ago")
        alarms = self.alarms()
        states = [run.summary.state for run in self.runs if run.summary.state is not None]
        return RunsLiveness(
            live=True,
            ready=not reasons,
            runs={state: states.count(state) for state in dict.fromkeys(states)},
            reasons=reasons + [alarm.text for alarm in alarms],
            alarms=alarms,
        )


def alarms_of(run: ListedRun, now: float) -> list[Alarm]:
    """The alarms of one run at `now`, Unix seconds; of a run that is history only that of its stream."""
    reading, stream = run.reading, stream_of(run)
    if reading is None or now - reading.trainer.last_event_at > PAST_SECONDS:
        return stream_alarms(stream, now)
    ages = [projector.age for projector in reading.projectors if projector.age is not None]
    idle = min(ages) + now - run.read_at if ages else 0.0
    return find_alarms(reading.trainer, reading.projectors, idle, None, None, now, stream)


def stream_of(run: ListedRun) -> StreamStatus | None:
    """What the stream of a run reported last."""
    return read_status(run.folder.files.snapshots)


def figures_of(run: ListedRun, now: float) -> RunFigures:
    """The figures of one run at `now`, Unix seconds."""
    reading = run.reading
    return RunFigures(
        run_id=run.summary.run_id or "",
        run=reading.run if reading is not None else None,
        trainer=reading.trainer if reading is not None else None,
        metrics=reading.metrics if reading is not None else None,
        mean_survival=reading.mean_survival if reading is not None else None,
        projectors=reading.projectors if reading is not None else (),
        since_read=now - run.read_at,
        alarms=[alarm.kind for alarm in alarms_of(run, now)],
        stream=stream_of(run),
    )


def health_routes(every: AllRuns, open_runs: OpenRuns) -> list[HTTPRouteHandler]:
    """`/healthz` and `/metrics` of all runs."""

    @get("/healthz", sync_to_thread=False)
    def healthz(strict: Strict = None) -> Response[RunsLiveness]:
        """200 while the list of runs is fresh, else 503; with `?strict` also 503 while there is an alarm."""
        health = every.liveness()
        return health_response(health, health.ready and not (is_set(strict) and health.alarms))

    @get("/metrics", sync_to_thread=False, media_type=PROMETHEUS)
    def metrics() -> Response[bytes]:
        """All figures of all runs for Prometheus."""
        now = time.time()
        server = ServerFigures(
            ready=not every.problem,
            viewers=open_runs.viewers(),
            refused=open_runs.refused(),
            published=open_runs.published(),
            conflated=open_runs.conflated(),
            memory=every.memory,
            disk=every.disk,
        )
        shown = [figures_of(run, now) for run in every.runs if run.summary.run_id is not None]
        alarms_of_server = [alarm.alarm.kind for alarm in every.alarms() if not alarm.run_id]
        if alarms_of_server:
            shown.append(
                RunFigures(
                    run_id="", run=None, trainer=None, metrics=None, mean_survival=None, projectors=(),
                    since_read=0.0, alarms=alarms_of_server,
                )
            )  # fmt: skip
        return Response(exposition(server, shown), media_type=PROMETHEUS, headers=NOT_STORED)

    return [healthz, metrics]
