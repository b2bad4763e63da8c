"""What the log says about the run so far: its newest attempt, configuration and checkpoints that count.

A `run_resumed` supersedes what the attempt before it did beyond its checkpoint. This module only reads;
`producer.run.run` decides whether to resume.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from core.codec import Recorded, decode
from core.config import changed
from core.errors import StoreError
from core.events import (
    AnyEvent,
    CheckpointSaved,
    EpisodeFinished,
    RunResumed,
    RunStarted,
    RunStopped,
    StageChanged,
    TrainingAnomaly,
)
from core.log import EventLog, LogReader

__all__ = ["Past", "SavedAt", "newest_episode", "present_lineage", "read_past", "require_event", "tail"]

TAIL = 2_000
"""Newest events read for what stands at the end of the log: the last hundred episodes are among them."""


class SavedAt(msgspec.Struct, frozen=True):
    """A checkpoint on the present lineage and the position of the event that says so."""

    position: int
    saved: CheckpointSaved


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its log tells it.

    `config` is the run's configuration with every accepted change applied; `attempt` is the number of the
    newest attempt, `num_episodes` the length that this attempt planned. `checkpoints` are those of the
    present lineage, oldest first; `stopped` is how the run ended on purpose, None after a crash; `restored`
    counts the anomalies after which a checkpoint was restored, superseded ones included. `reached_stage` is
    the highest stage, from 1, in the lineage; `reached_episode` is the last episode as far as the rare events
    tell (`newest_episode` knows it exactly). `packages` and `device` are those of the newest attempt that
    names them.
    """

    started: RunStarted
    started_position: int
    attempt: int
    config: dict[str, Any]
    checkpoints: list[SavedAt]
    stopped: RunStopped | None
    restored: int
    num_episodes: int
    reached_stage: int
    reached_episode: int
    packages: dict[str, str]
    device: str


def read_past(log: EventLog | LogReader) -> Past | None:
    """Read the rare events of a log; None when nothing has been recorded yet.

    Raises:
        StoreError: the log is damaged, or one of these events is.
    """
    records = log.milestones(
        RunStarted, RunResumed, CheckpointSaved, RunStopped, TrainingAnomaly, StageChanged
    )
    started = next((record for record in records if record.event_name == "run_started"), None)
    if started is None:
        return None
    first = require_event(started)
    assert isinstance(first, RunStarted)
    attempt, num_episodes, restored, config = 1, first.num_episodes, 0, first.config
    packages, device = first.packages, first.device
    for record in records:
        event = require_event(record)
        if isinstance(event, RunResumed):
            attempt, num_episodes = event.attempt, event.num_episodes
            packages, device = event.packages or packages, event.device or device
            for key, (_, new) in event.config_changes.items():
                config = changed(config, key, new)
        elif isinstance(event, TrainingAnomaly) and event.action == "restored":
            restored += 1
    lineage = [(record.position, require_event(record)) for record in present_lineage(records)]
    last = lineage[-1][1]
    stages = [event.to_stage for _, event in lineage if isinstance(event, StageChanged)]
    episodes = [event.episode for _, event in lineage if isinstance(event, CheckpointSaved | RunStopped)]
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
        num_episodes=num_episodes,
        reached_stage=max([first.curriculum.start_stage, *stages]),
        reached_episode=max(episodes, default=0),
        packages=packages,
        device=device,
    )


def newest_episode(log: LogReader, past: Past) -> int:
    """The last finished episode of the present lineage, 0 before the first one.

    Raises:
        StoreError: the log is damaged.
    """
    finished = (record for record in tail(log) if record.event_name == "episode_finished")
    events = [event for record in finished if isinstance(event := require_event(record), EpisodeFinished)]
    return max([past.reached_episode, *(event.episode for event in events)])


def tail(log: LogReader, length: int = TAIL) -> list[Recorded]:
    """The newest `length` events, less those that the newest attempt superseded.

    Raises:
        StoreError: the log is damaged.
    """
    return present_lineage(log.read(max(0, log.head() - length), length))


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
    """The event of a record that the run cannot do without.

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
