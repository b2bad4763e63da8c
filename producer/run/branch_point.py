"""The branch point: where in the parent's log a branch leaves it, and from which checkpoint it is reached.

A trainer stands still only between rollouts, and several episodes may end in one rollout. A branch at an
episode therefore begins after the last episode that ended in the same rollout, as a checkpoint does.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import msgspec

from core.codec import Recorded
from core.config import recorded_config
from core.config_schema import RunConfig
from core.errors import ConfigError, StoreError
from core.events import CheckpointSaved, EpisodeFinished, RunBranched, RunResumed, RunStarted
from core.log import LogReader
from producer.run.config_changes import learning_changes
from producer.run.lineage import (
    Past,
    SavedAt,
    Superseded,
    newest_episode,
    read_past,
    require_event,
    superseded_ranges,
)

__all__ = ["BOOKKEEPING", "BranchPoint", "find_branch_point", "present_events"]

BOOKKEEPING = frozenset(
    (
        "run_started",
        "run_resumed",
        "run_branched",
        "baseline_measured",
        "checkpoint_saved",
        "policy_recorded",
        "heartbeat",
        "training_anomaly",
        "run_stopped",
    )
)
"""Events that are no part of learning."""

AFTER_A_ROLLOUT = frozenset(("checkpoint_saved", "policy_recorded", "heartbeat"))
"""Events that belong to the rollout before them."""

PAGE = 2_000


class BranchPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A branch point in the log of the run `parent_run_id`.

    `episode` is the last one of the shared history, `position` that of its last event. `past` is the parent
    as it stood there, `config` its configuration. `start` is the newest checkpoint with a replay buffer from
    which the point is reached, None for the beginning of the run; `on_the_way` are the checkpoints after it.
    `superseded` as above.
    """

    parent_run_id: str
    episode: int
    position: int
    past: Past
    config: RunConfig
    start: SavedAt | None
    on_the_way: list[CheckpointSaved]
    superseded: Superseded

    @property
    def repeated(self) -> int:
        """Episodes between the start and the branch point."""
        return self.episode - (self.start.saved.episode if self.start is not None else 0)


def find_branch_point(log: LogReader, at: int, folder: Path, name: str) -> BranchPoint:
    """The branch point after episode `at`; `folder` has the parent's checkpoints, `name` is for messages.

    Raises:
        StoreError: the log is empty or damaged, or no replay buffer is kept from which `at` can be reached.
        ConfigError: there is no episode `at`, or it was superseded.
    """
    whole = read_past(log)
    if whole is None:
        raise StoreError(f"{name}: nothing recorded yet")
    superseded = superseded_ranges(log)
    newest = newest_episode(log, whole)
    if not 1 <= at <= newest:
        raise ConfigError(_no_such_episode(log, at, newest, superseded, name))
    known = [saved.position for saved in whole.saved if saved.saved.episode < at]
    episode, position = _end_of_rollout(log, at, max(known, default=0), superseded, whole)
    past = read_past(log, position)
    assert past is not None
    past = msgspec.structs.replace(past, reached_episode=episode)
    config = recorded_config(past.config, name)
    training = msgspec.structs.replace(config.training, num_episodes=past.num_episodes)
    config = msgspec.structs.replace(config, training=training)
    changed_after = _changed_after(log, position)
    reachable = [saved for saved in past.checkpoints if saved.position >= changed_after]
    usable = [saved for saved in reachable if _is_kept(folder, saved.saved)]
    start = usable[-1] if usable else None
    longest = max(config.training.keep_replay_every, config.training.checkpoint_every)
    from_beginning = changed_after == 0 and past.branched is None and episode <= longest
    if start is None and not from_beginning:
        raise StoreError(
            f"{folder}: no replay buffer is kept from which episode {at} can be reached;"
            f" {_kept(folder, whole)}"
        )
    begun = start.position if start is not None else 0
    return BranchPoint(
        parent_run_id=whole.run_id,
        episode=episode,
        position=position,
        past=past,
        config=config,
        start=start,
        on_the_way=_comparable(log, past, begun, position),
        superseded=superseded,
    )


def present_events(log: LogReader, after: int, until: int, superseded: Superseded) -> Iterator[Recorded]:
    """The events with `after < position <= until` that no later attempt superseded, in order."""
    while after < until:
        records = log.read(after, PAGE, until)
        if not records:
            return
        for record in records:
            if not any(first < record.position < last for first, last in superseded):
                yield record
        after = records[-1].position


def _end_of_rollout(
    log: LogReader, at: int, after: int, superseded: Superseded, past: Past
) -> tuple[int, int]:
    """The last episode that ended in the same rollout as `at`, and the position of that rollout's end."""
    learn_every = int(past.config["population"]["learn_every"])
    rollout = None
    episode = position = 0
    attempt_over = False
    for record in present_events(log, after, log.head(), superseded):
        if record.event_name == "episode_finished":
            event = require_event(record)
            assert isinstance(event, EpisodeFinished)
            ended_in = math.ceil(event.vector_step / learn_every)
            if event.episode >= at:
                rollout = ended_in if rollout is None else rollout
                if ended_in > rollout:
                    break
                episode = event.episode
        elif record.event_name in BOOKKEEPING:
            # when an attempt is over, only what waited for an extended run can still be of the same rollout
            attempt_over |= rollout is not None and record.event_name not in AFTER_A_ROLLOUT
            if attempt_over:
                continue
        if rollout is not None:
            position = record.position
    return episode, position


def _changed_after(log: LogReader, position: int) -> int:
    """The greatest position after which a resume before `position` changed what is learnt, 0 without one."""
    changed = [0]
    for record in log.milestones(RunResumed):
        event = require_event(record)
        assert isinstance(event, RunResumed)
        if record.position <= position and (
            event.reason == "anomaly" or learning_changes(event.config_changes)
        ):
            changed.append(event.after_position)
    return max(changed)


def _comparable(log: LogReader, past: Past, after: int, until: int) -> list[CheckpointSaved]:
    """The checkpoints between two positions whose bytes a repetition gives, oldest first.

    A checkpoint at the planned end of a run that was extended later holds the events that waited. Where
    intervals of checkpoints or heartbeats were changed, all checkpoints differ by their configuration.
    """
    planned = set()
    for record in log.milestones(RunStarted, RunResumed, RunBranched):
        event = require_event(record)
        assert isinstance(event, RunStarted | RunResumed | RunBranched)
        planned.add(event.num_episodes)
        if isinstance(event, RunResumed) and event.config_changes and after < record.position <= until:
            return []
    extended = planned - {past.num_episodes}
    return [
        at.saved for at in past.saved if after < at.position <= until and at.saved.episode not in extended
    ]


def _is_kept(folder: Path, saved: CheckpointSaved) -> bool:
    files = (saved.checkpoint, saved.replay)
    return all(file is not None and (folder / file.name).is_file() for file in files)


def _kept(folder: Path, past: Past) -> str:
    kept = [str(at.saved.episode) for at in past.checkpoints if _is_kept(folder, at.saved)]
    if not kept:
        return "none is left there; bring the run's checkpoints back, or train the parent again"
    return f"kept are those of episodes {', '.join(kept)}: branch at one of these or at a later one"


def _no_such_episode(log: LogReader, at: int, newest: int, superseded: Superseded, name: str) -> str:
    for first, last in superseded:
        for record in log.read(max(first, last - PAGE), PAGE, last):
            event = require_event(record) if record.event_name == "episode_finished" else None
            if isinstance(event, EpisodeFinished) and event.episode >= at > newest:
                return (
                    f"{name}: episode {at} was superseded when the run resumed from a checkpoint before it;"
                    f" branch at one from 1 to {newest}"
                )
    return f"{name}: there is no episode {at}; branch at one from 1 to {newest}"
