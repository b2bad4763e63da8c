"""Write event logs and read what they hold."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from core.codec import Recorded, decode, encode
from core.events import (
    AnyEvent,
    BaselineMeasured,
    CheckpointSaved,
    Heartbeat,
    PolicyRecorded,
    RunResumed,
    RunStarted,
    RunStopped,
)
from core.log import EventLog, LogReader
from producer.run.lineage import present_lineage

TimedEvent = tuple[AnyEvent, float]
"""An event, and the time it was recorded at (Unix seconds)."""

EVERYTHING = 2**31


def write_log(path: Path, events: Iterable[TimedEvent]) -> Path:
    """Write events to a new log at `path`."""
    log = EventLog(path)
    log.append_encoded([encode(event, recorded_at) for event, recorded_at in events])
    log.close()
    return path


def read_log(run_dir: Path) -> list[Recorded]:
    """Every record in the log of a run directory."""
    reader = LogReader(run_dir / "events.db")
    try:
        return reader.read(0, EVERYTHING)
    finally:
        reader.close()


def log_head(events: Path) -> int:
    """Position of the newest event in a log, 0 while there is no log."""
    if not events.exists():
        return 0
    reader = LogReader(events)
    try:
        return reader.head()
    finally:
        reader.close()


def learning_events(run_dir: Path) -> list[AnyEvent]:
    """The present lineage of a log, less what an uninterrupted run does not have or cannot repeat.

    Left out are starts (they hold the planned length), baselines, resumes and stops, heartbeats
    (speed and memory differ from run to run), and checkpoints saved for a stop. The position in the other
    checkpoints is set to 0: it counts superseded events too.
    """
    kept: list[AnyEvent] = []
    for event in map(decode, present_lineage(read_log(run_dir))):
        if isinstance(event, RunStarted | BaselineMeasured | RunResumed | RunStopped | Heartbeat):
            continue
        if isinstance(event, CheckpointSaved | PolicyRecorded):
            name = event.checkpoint if isinstance(event, PolicyRecorded) else event.checkpoint.name
            if int(name.removeprefix("checkpoint_ep").removesuffix(".pt")) % 20:
                continue
            event = msgspec.structs.replace(event, position=0)
        kept.append(event)
    return kept


def without_crashes(events: list[TimedEvent]) -> list[TimedEvent]:
    """The events of a run as if it had never crashed: without resumes and the events they superseded."""
    kept: list[tuple[int, TimedEvent]] = []
    for position, (event, recorded_at) in enumerate(events, start=1):
        if isinstance(event, RunResumed):
            kept = [
                (at, (earlier, when))
                for at, (earlier, when) in kept
                if at <= event.after_position
                or (
                    isinstance(earlier, CheckpointSaved | PolicyRecorded)
                    and earlier.position <= event.after_position
                )
            ]
        else:
            kept.append((position, (event, recorded_at)))
    return [timed for _, timed in kept]
