"""Alarms: what needs an operator's attention although viewing goes on.

Decided here once; `/healthz`, `/metrics`, the dashboard and notifications (`server.notifications`) show the
result. What to do about each alarm is in
docs/operate/alarms.md.
"""

from collections.abc import Sequence

from core.process.memory import Memory
from projections.engine.status import ProjectorStatus
from projections.readmodels.health import TrainerStatus
from server.disk import MEGABYTE
from server.messages import Alarm, AlarmKind, Disk
from server.stream.status import StreamStatus, stream_problem

IDLE_SECONDS = 30.0
"""A projector commits every few seconds, even when there is nothing to project."""


def find_alarms(
    trainer: TrainerStatus | None,
    projectors: Sequence[ProjectorStatus],
    projectors_idle: float,
    disk: Disk | None,
    server_memory: Memory | None,
    now: float,
    stream: StreamStatus | None = None,
) -> list[Alarm]:
    """All alarms at `now` (Unix seconds).

    `trainer` is None before the run started. `projectors_idle` is the number of seconds since a projector
    committed last; while they are idle nothing is known of the trainer. `stream` is what the stream reported.
    """
    alarms = [
        Alarm(
            kind="projector_stopped",
            subject=projector.name,
            text=f"projector {projector.name}: stopped by event {projector.poison_position}"
            f" ({projector.poison})",
        )
        for projector in projectors
        if projector.poison is not None
    ]
    if trainer is not None:
        alarms += _trainer_alarms(trainer, projectors_idle, now)
    if server_memory is not None and server_memory.alarm:
        alarms.append(Alarm(kind="server_memory", subject="server", text=f"server: {server_memory.alarm}"))
    if disk is not None and disk.low:
        free, floor = (size / MEGABYTE for size in (disk.free_bytes, disk.floor_bytes))
        text = f"disk: {free:,.0f} MB are free, less than {floor:,.0f} MB; no snapshots are written"
        alarms.append(Alarm(kind="disk_low", subject="disk", text=text))
    alarms += stream_alarms(stream, now)
    return alarms


def stream_alarms(stream: StreamStatus | None, now: float) -> list[Alarm]:
    """The alarm of a stream that is not where it should be, if it is not."""
    problem = stream_problem(stream, now)
    return [] if problem is None else [Alarm(kind="stream_down", subject="stream", text=f"stream: {problem}")]


def _trainer_alarms(trainer: TrainerStatus, projectors_idle: float, now: float) -> list[Alarm]:
    alarms = []
    if trainer.status in ("running", "silent") and projectors_idle > IDLE_SECONDS:
        text = f"projections: nothing committed for {projectors_idle:.0f} s; are they running?"
        alarms.append(Alarm(kind="projections_idle", subject="projections", text=text))
    elif trainer.status == "silent":
        text = f"silent for {now - trainer.last_event_at:.0f} s; it crashed or hangs"
        alarms.append(_of_trainer("trainer_silent", text))
    elif trainer.status == "failed":
        alarms.append(_of_trainer("trainer_failed", f"failed ({trainer.detail or 'no reason'})"))
    elif trainer.status == "diverged":
        text = f"training diverged ({trainer.detail}); it does not start again by itself"
        alarms.append(_of_trainer("trainer_diverged", text))
    if trainer.memory_alarm:
        alarms.append(_of_trainer("trainer_memory", trainer.memory_alarm))
    return alarms


def _of_trainer(kind: AlarmKind, text: str) -> Alarm:
    return Alarm(kind=kind, subject="trainer", text=f"trainer: {text}")
