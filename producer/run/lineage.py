"""What the log says about the run so far: its newest attempt, configuration and checkpoints that count.

A `run_resumed` supersedes what the attempt before it did beyond its checkpoint. In the log of a branch all
events before `run_branched` are the parent's, and so are the checkpoint files that these name. This module
only reads; `producer.run.run` decides whether to resume.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from core.codec import Recorded, decode
from core.config import changed
from core.errors import StoreError
from core.events import (
    AffordancesRandomized,
    AnyEvent,
    CheckpointSaved,
    EpisodeFinished,
    RunBranched,
    RunResumed,
    RunStarted,
    RunStopped,
    StageChanged,
    TrainingAnomaly,
)
from core.log import EventLog, LogReader

__all__ = [
    "Branched",
    "Past",
    "SavedAt",
    "Superseded",
    "newest_episode",
    "present_lineage",
    "read_landmarks",
    "read_past",
    "require_event",
    "superseded_ranges",
    "tail",
]

TAIL = 2_000
"""Newest events read for what stands at the end of the log: the last hundred episodes are among them."""


Superseded = list[tuple[int, int]]
"""Ranges of positions, both ends left out, whose events a later attempt superseded."""


class SavedAt(msgspec.Struct, frozen=True):
    """A checkpoint on the present lineage and the position of the event that says so."""

    position: int
    saved: CheckpointSaved


class Branched(msgspec.Struct, frozen=True):
    """Where the log of a branch leaves its parent's, and the position of the event that says so."""

    position: int
    event: RunBranched


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its log describes it.

    `run_id` names the run; in a branch it is not that of `started`. `branched` is None in a run that is no
    branch. `config` is the run's configuration with every accepted change applied; `attempt` is the number of
    the newest attempt, `num_episodes` the length that this attempt planned. `saved` are the checkpoints of
    the present lineage, oldest first, a parent's included; `checkpoints` are those that this run can resume
    from: the one at the branch point and those after it. `stopped` is how the run ended on purpose, None
    after a crash; `restored`
    counts the anomalies after which a checkpoint was restored, superseded ones included. `reached_stage` is
    the highest stage, from 1, in the lineage; `reached_episode` is the last episode as far as the rare events
    say (`newest_episode` finds it exactly). `packages` and `device` are those of the newest attempt that
    names them.
    """

    run_id: str
    started: RunStarted
    started_position: int
    branched: Branched | None
    attempt: int
    config: dict[str, Any]
    saved: list[SavedAt]
    checkpoints: list[SavedAt]
    stopped: RunStopped | None
    restored: int
    num_episodes: int
    reached_stage: int
    reached_episode: int
    packages: dict[str, str]
    device: str


def read_past(log: EventLog | LogReader, until: int = 2**63 - 1) -> Past | None:
    """Read the rare events of a log up to the position `until`; None when nothing has been recorded yet.

    Raises:
        StoreError: the log is damaged, or one of these events is.
    """
    found = log.milestones(
        RunStarted, RunResumed, RunBranched, CheckpointSaved, RunStopped, TrainingAnomaly, StageChanged
    )
    records = [record for record in found if record.position <= until]
    started = next((record for record in records if record.event_name == "run_started"), None)
    if started is None:
        return None
    first = require_event(started)
    assert isinstance(first, RunStarted)
    attempt, num_episodes, restored, config = 1, first.num_episodes, 0, first.config
    packages, device = first.packages, first.device
    branched: Branched | None = None
    for record in records:
        event = require_event(record)
        if isinstance(event, RunResumed):
            attempt, num_episodes = event.attempt, event.num_episodes
            packages, device = event.packages or packages, event.device or device
            for key, (_, new) in event.config_changes.items():
                config = changed(config, key, new)
        elif isinstance(event, RunBranched):
            branched = Branched(record.position, event)
            num_episodes, packages, device = event.num_episodes, event.packages, event.device
            for key, (_, new) in event.changes.items():
                config = changed(config, key, new)
        elif isinstance(event, TrainingAnomaly) and event.action == "restored":
            restored += 1
    lineage = [(record.position, require_event(record)) for record in present_lineage(records)]
    last = lineage[-1][1]
    stages = [event.to_stage for _, event in lineage if isinstance(event, StageChanged)]
    marks = CheckpointSaved | RunStopped | RunBranched
    episodes = [event.episode for _, event in lineage if isinstance(event, marks)]
    saved = [SavedAt(position, event) for position, event in lineage if isinstance(event, CheckpointSaved)]
    own = saved
    if branched is not None:
        own = [at for at in saved if at.position > branched.position]
        own.insert(0, SavedAt(branched.position, branched.event.saved))
    return Past(
        run_id=branched.event.run_id if branched is not None else first.run_id,
        started=first,
        started_position=started.position,
        branched=branched,
        attempt=attempt,
        config=config,
        saved=saved,
        checkpoints=own,
        stopped=last if isinstance(last, RunStopped) else None,
        restored=restored,
        num_episodes=num_episodes,
        reached_stage=max([first.curriculum.start_stage, *stages]),
        reached_episode=max(episodes, default=0),
        packages=packages,
        device=device,
    )


def read_landmarks(log: EventLog | LogReader) -> list[int]:
    """The episodes after which the town was rearranged or the stage changed, on the present lineage.

    Raises:
        StoreError: the log is damaged, or one of these events is.
    """
    records = present_lineage(log.milestones(RunResumed, StageChanged, AffordancesRandomized))
    events = map(require_event, records)
    return [event.episode for event in events if isinstance(event, StageChanged | AffordancesRandomized)]


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


def superseded_ranges(log: LogReader) -> Superseded:
    """What the resumes in the log have superseded."""
    ranges = []
    for record in log.milestones(RunResumed):
        event = require_event(record)
        assert isinstance(event, RunResumed)
        ranges.append((event.after_position, record.position))
    return ranges


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
