"""What the log says about the run so far: which attempt, which configuration, which checkpoints still count.

A `run_resumed` supersedes what the attempt before it did beyond its checkpoint. Here is only the reading of
the log's rare events; who decides to resume is `producer.run.run`, how projections rewind is their business.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from core.codec import Recorded, decode
from core.errors import StoreError
from core.events import AnyEvent, CheckpointSaved, RunResumed, RunStarted, RunStopped, TrainingAnomaly
from core.log import EventLog, LogReader

__all__ = ["Past", "SavedAt", "present_lineage", "read_past", "require_event"]


class SavedAt(msgspec.Struct, frozen=True):
    """A checkpoint on the present lineage and the position of the event that says so."""

    position: int
    saved: CheckpointSaved


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its log tells it.

    `config` is the run's configuration with every accepted change applied; `attempt` is the newest one;
    `checkpoints` are those of the present lineage, oldest first; `stopped` is how the run ended on purpose,
    None after a crash; `restored` counts the anomalies mended by a checkpoint, superseded ones included.
    `packages` and `device` are what the newest attempt that says so ran on.
    """

    started: RunStarted
    started_position: int
    attempt: int
    config: dict[str, Any]
    checkpoints: list[SavedAt]
    stopped: RunStopped | None
    restored: int
    packages: dict[str, str]
    device: str


def read_past(log: EventLog | LogReader) -> Past | None:
    """Read the rare events of a log; None when nothing has been recorded yet.

    Raises:
        StoreError: the log is damaged, or one of these events is.
    """
    records = log.milestones(RunStarted, RunResumed, CheckpointSaved, RunStopped, TrainingAnomaly)
    started = next((record for record in records if record.event_name == "run_started"), None)
    if started is None:
        return None
    first = require_event(started)
    assert isinstance(first, RunStarted)
    attempt, restored, config = 1, 0, first.config
    packages, device = first.packages, first.device
    for record in records:
        event = require_event(record)
        if isinstance(event, RunResumed):
            attempt = event.attempt
            packages, device = event.packages or packages, event.device or device
            for key, (_, new) in event.config_changes.items():
                config = _with(config, key.split("."), new)
        elif isinstance(event, TrainingAnomaly) and event.action == "restored":
            restored += 1
    lineage = [(record.position, require_event(record)) for record in present_lineage(records)]
    last = lineage[-1][1]
    return Past(
        started=first,
        started_position=started.position,
        attempt=attempt,
        config=config,
        checkpoints=[
            SavedAt(position, event) for position, event in lineage if isinstance(event, CheckpointSaved)
        ],
        stopped=last if isinstance(last, RunStopped) else None,
        restored=restored,
        packages=packages,
        device=device,
    )


def present_lineage(records: Iterable[Recorded]) -> list[Recorded]:
    """Leave out what later attempts superseded; `records` in order, the `run_resumed` among them."""
    lineage: list[Recorded] = []
    for record in records:
        if record.event_name == "run_resumed":
            resumed = require_event(record)
            assert isinstance(resumed, RunResumed)
            while lineage and lineage[-1].position > resumed.after_position:
                lineage.pop()
        lineage.append(record)
    return lineage


def require_event(record: Recorded) -> AnyEvent:
    """The event of a record that one cannot do without.

    Raises:
        StoreError: it is damaged, or newer than this program.
    """
    try:
        return decode(record)
    except (msgspec.MsgspecError, LookupError) as error:
        raise StoreError(
            f"the event at position {record.position} of the log ({record.type}) cannot be read ({error});"
            " restore a backup of the log"
        ) from error


def _with(config: dict[str, Any], keys: list[str], value: object) -> dict[str, Any]:
    first, *rest = keys
    return {**config, first: _with(config.get(first, {}), rest, value) if rest else value}
