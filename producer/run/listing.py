"""How all runs below a folder stand, each read from its log alone; no projection is needed for it."""

import time
from collections import deque
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec

from core.archives import listed_archive
from core.codec import Recorded
from core.definitions import (
    SILENT_SECONDS,
    WINDOW,
    Recovery,
    RunState,
    advance_recovery,
    recovery_at_move,
    recovery_before_move,
)
from core.errors import StoreError
from core.events import (
    AffordancesRandomized,
    EpisodeFinished,
    RunBranched,
    RunResumed,
    RunStarted,
    RunStopped,
)
from core.log import LogReader
from core.run_folders import RunFolder, find_all
from producer.run.lineage import (
    TAIL,
    Past,
    newest_episode,
    present_lineage,
    read_past,
    require_event,
    superseded_ranges,
    tail,
)

__all__ = ["ListedRun", "list_runs", "table"]

PAGE = 2_000
STATES: dict[str, RunState] = {"completed": "finished", "signal": "stopped"}
"""Reason of `run_stopped` → state of the run; every other reason is a failure."""


class ListedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run in the list. `problem` is one sentence, empty if nothing is wrong; then all else may be unknown.

    `name` is the path of the run directory below the folder. `episodes` of `planned` are finished; `stage` is
    from 1; `survival` is the mean of the last window, in steps. `parent` is the run that this one was
    branched from, after `branched_at`. `started_at` and `last_event_at` in Unix seconds; a branch started
    when it was branched. `position` is that of the newest event.
    """

    name: str
    problem: str = ""
    run_id: str | None = None
    state: RunState | None = None
    config_name: str | None = None
    seed: int | None = None
    episodes: int = 0
    planned: int | None = None
    stage: int | None = None
    survival: float | None = None
    recovery: Recovery | None = None
    parent: str | None = None
    branched_at: int | None = None
    started_at: float | None = None
    last_event_at: float | None = None
    position: int = 0


def list_runs(folder: Path, now: float | None = None) -> list[ListedRun]:
    """Every run below `folder`, by name; one that cannot be read, and an archive, has a sentence.

    `now` in Unix seconds.
    """
    at, found = time.time() if now is None else now, find_all(folder)
    archives = [ListedRun(name=name, problem=listed_archive(str(folder / name))) for name in found.archives]
    runs = [*_with_copies([_listed(run, at) for run in found.runs]), *archives]
    return sorted(runs, key=lambda run: run.name)


def table(runs: list[ListedRun]) -> list[str]:
    """The lines of a table for people; below a run with a problem the problem in a sentence."""
    heads = ("name", "id", "state", "progress", "stage", "survival", "recovery", "parent", "started")
    rows = [heads, *(_cells(run) for run in runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    lines = []
    for run, row in zip((None, *runs), rows, strict=True):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if run is not None and run.problem:
            lines.append(f"  {run.problem}")
    return lines


def _listed(folder: RunFolder, now: float) -> ListedRun:
    if not folder.files.events.exists():
        return ListedRun(name=folder.name, problem=f"{folder.files.events.name}: there is no log")
    try:
        log = LogReader(folder.files.events)
        try:
            return _read(folder.name, log, now)
        finally:
            log.close()
    except StoreError as error:
        return ListedRun(name=folder.name, problem=str(error))


def _read(name: str, log: LogReader, now: float) -> ListedRun:
    past = read_past(log)
    if past is None:
        return ListedRun(name=name, state="waiting")
    newest = tail(log)
    finished = [event for event in map(_finished, newest) if event is not None][-WINDOW:]
    began = log.milestones(RunStarted, RunBranched)[-1 if past.branched is not None else 0]
    branched = past.branched.event if past.branched is not None else None
    last_event_at = newest[-1].recorded_at
    return ListedRun(
        name=name,
        run_id=past.run_id,
        state=_state(past, now - last_event_at),
        config_name=past.started.config_name,
        seed=branched.seed if branched is not None and branched.seed is not None else past.started.seed,
        episodes=newest_episode(log, past),
        planned=past.num_episodes,
        stage=finished[-1].curriculum_stage if finished else None,
        survival=fmean(event.survival_time for event in finished) if finished else None,
        recovery=_recovery(log, past) if finished else None,
        parent=branched.parent_run_id if branched is not None else None,
        branched_at=branched.episode if branched is not None else None,
        started_at=began.recorded_at,
        last_event_at=last_event_at,
        position=log.head(),
    )


def _finished(record: Recorded) -> EpisodeFinished | None:
    if record.event_name != "episode_finished":
        return None
    event = require_event(record)
    assert isinstance(event, EpisodeFinished)
    return event


def _state(past: Past, silence: float) -> RunState:
    if isinstance(past.stopped, RunStopped):
        return STATES.get(past.stopped.reason, "failed")
    return "silent" if silence > SILENT_SECONDS else "running"


def _recovery(log: LogReader, past: Past) -> Recovery:
    """What the newest move did to survival: only the episodes around the move are read."""
    moves = [
        record
        for record in present_lineage(log.milestones(RunResumed, AffordancesRandomized))
        if record.event_name == "affordances_randomized"
    ]
    if not moves:
        training: dict[str, Any] = past.config.get("training", {})
        return recovery_before_move(planned=training.get("randomize_affordances_at") is not None)
    move, superseded = moves[-1], superseded_ranges(log)
    window: deque[int] = deque(maxlen=WINDOW)
    recovery: Recovery | None = None
    after = max(0, move.position - TAIL)
    while page := log.read(after, PAGE):
        after = page[-1].position
        for record in page:
            if any(low < record.position < high for low, high in superseded):
                continue
            if record.position == move.position:
                event = require_event(record)
                assert isinstance(event, AffordancesRandomized)
                recovery = recovery_at_move(event.episode, fmean(window) if window else 0.0)
            elif (finished := _finished(record)) is not None:
                window.append(finished.survival_time)
                if recovery is not None:
                    recovery = advance_recovery(recovery, finished.episode, fmean(window))
        if recovery is not None and recovery.state == "recovered":
            break
    return recovery if recovery is not None else recovery_before_move(planned=True)


def _with_copies(runs: list[ListedRun]) -> list[ListedRun]:
    """Of directories that hold the same run all but one get a sentence: the longest log counts."""
    best: dict[str, ListedRun] = {}
    for run in runs:
        if run.run_id is not None and (run.run_id not in best or run.position > best[run.run_id].position):
            best[run.run_id] = run
    return [
        msgspec.structs.replace(
            run,
            problem=f"holds the same run as {best[run.run_id].name} (a copied directory); move one of the two"
            " away",
        )
        if run.run_id is not None and best[run.run_id] is not run
        else run
        for run in runs
    ]


def _cells(run: ListedRun) -> tuple[str, ...]:
    parent = f"{run.parent}@{run.branched_at}" if run.parent is not None else "-"
    started = "-"
    if run.started_at is not None:
        started = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started_at))
    state = run.state or "unreadable"
    return (
        run.name,
        run.run_id or "-",
        state,
        f"{run.episodes}/{run.planned}" if run.planned is not None else "-",
        str(run.stage) if run.stage is not None else "-",
        f"{run.survival:.0f}" if run.survival is not None else "-",
        _recovery_cell(run.recovery),
        parent,
        started,
    )


def _recovery_cell(recovery: Recovery | None) -> str:
    if recovery is None:
        return "-"
    if recovery.state == "recovered":
        return f"{recovery.episodes} episodes"
    return "no move" if recovery.state == "not part of this run" else recovery.state
