"""Branches: runs that begin with the history of another run and go on in another way, or in the same.

The log of a branch begins with the parent's events up to the branch point, then says `run_branched`. The
state there is saved beside it as a checkpoint, so a branch no longer needs its parent. `producer.run.run`
trains it, as it trains any run. The parent's files are only read, also while the parent is running.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import apsw
import msgspec

from core.config import config_hash
from core.config_schema import MAX_SEED, RunConfig
from core.digests import START, digest
from core.errors import ConfigError, StoreError
from core.events import Placement, RunBranched, SavedFile
from core.log import EventLog, LogReader
from core.process.files import atomic_replace
from core.process.lock import exclusive
from core.process.signals import ShutdownSignal
from core.process.sqlite import why
from core.run_directory import ATTEMPTS_NAME, EVENTS_NAME, RunDirectory, in_folder
from core.run_id import new_run_id
from producer.environment.world_map import placements
from producer.run.branch_point import BranchPoint, find_branch_point
from producer.run.checkpoint_state import in_present_format
from producer.run.checkpoints import Loaded, read_file, save
from producer.run.config_changes import Changes, Given, resumption
from producer.run.console import Console
from producer.run.layouts import Cells, cells_of_file, random_cells, seed_of_layout
from producer.run.migration import FORMAT
from producer.run.repetition import Repeated, repeat
from producer.run.run import run

__all__ = ["Branching", "branch", "check", "prepare"]

PAGE = 2_000


class Branching(NamedTuple):
    """What the operator asks for.

    `options` map dotted keys to values. `layout` is "random:SEED", the name of a configuration file, or None.
    `futures` is the number of branches, each in a folder of `folder`; None: one branch, in `folder` itself.
    """

    parent: Path
    at: int
    folder: Path
    options: Mapping[str, object] = {}
    layout: str | None = None
    seed: int | None = None
    futures: int | None = None


class _Plan(NamedTuple):
    """What all branches of one command share, decided before anything is written."""

    point: BranchPoint
    config: RunConfig
    changes: Changes
    layout_seed: int | None
    layout_of_file: Cells | None
    folders: dict[Path, int | None]
    """Run directory → number of the future."""
    seed: int | None


def branch(branching: Branching, console: Console, stop: ShutdownSignal) -> None:
    """Make the branches, then train them one after the other.

    Raises:
        ConfigError: an option does not fit, there is no such episode, or a change cannot be made in mid-run;
            nothing was written.
        StoreError: the parent cannot be read or repeated, or a run directory is not empty or not writable.
    """
    for folder in prepare(branching, console, stop):
        if stop.requested:
            console.say(f"{folder}: not begun; producer run --run-dir {folder} begins it")
        else:
            run(Given(None, ""), in_folder(folder), console, stop)


def prepare(branching: Branching, console: Console, stop: ShutdownSignal) -> list[Path]:
    """Make the run directories of the branches, ready for `producer run`; none if `stop` is requested.

    Raises:
        ConfigError, StoreError: as `branch`.
    """
    parent = in_folder(branching.parent)
    log = LogReader(parent.events)
    try:
        plan = _plan(branching, log, parent)
        loaded = _load(parent, plan.point)
        if plan.point.repeated:
            begun = loaded.saved.checkpoint.name if loaded is not None else "the beginning"
            console.say(f"Repeating {plan.point.repeated} episodes of the parent from {begun}")
        point = plan.point
        if loaded is not None and loaded.state["format"] != FORMAT:
            # checkpoints of an earlier format have other bytes
            point = msgspec.structs.replace(point, on_the_way=[])
        if loaded is not None:
            loaded = in_present_format(loaded)
        repeated = repeat(log, point, loaded, console, stop)
        if repeated is None:
            console.say("asked to stop before the branch point was reached; nothing was written")
            return []
        if repeated.inexact_because:
            console.warn(f"the branch is not exact to the bit: {repeated.inexact_because}")
        for folder, future in plan.folders.items():
            _write(log, plan, repeated, in_folder(folder), future)
    finally:
        log.close()
    return list(plan.folders)


def check(branching: Branching) -> None:
    """Find what is wrong with branches before they are made; nothing is written.

    Raises:
        ConfigError, StoreError: as `branch`.
    """
    parent = in_folder(branching.parent)
    log = LogReader(parent.events)
    try:
        _plan(branching, log, parent)
    finally:
        log.close()


def _plan(branching: Branching, log: LogReader, parent: RunDirectory) -> _Plan:
    folders = _folders(branching)
    layout_seed = seed_of_layout(branching.layout) if branching.layout is not None else None
    point = find_branch_point(log, branching.at, parent.checkpoints, str(parent.events))
    given = Given(None, "", branching.options, accept_changes=True)
    config, changes, _ = resumption(point.past, given, str(parent.events))
    if config.training.num_episodes <= point.episode:
        raise ConfigError(
            f"training.num_episodes is {config.training.num_episodes}, and the branch begins after episode"
            f" {point.episode}; ask for more with --set training.num_episodes=N"
        )
    device = msgspec.structs.replace(point.config.training, device=config.training.device)
    point = msgspec.structs.replace(point, config=msgspec.structs.replace(point.config, training=device))
    layout = None
    if branching.layout is not None and layout_seed is None:
        layout = cells_of_file(Path(branching.layout), config)
    seed = branching.seed
    if seed is None and branching.futures is not None:
        seed = config.experiment.seed
        if point.past.branched is not None and point.past.branched.event.seed is not None:
            seed = point.past.branched.event.seed
    if seed is not None and seed + (branching.futures or 0) > MAX_SEED:
        raise ConfigError(f"--seed {seed}: the seed of the last future would be above {MAX_SEED}")
    return _Plan(point, config, changes, layout_seed, layout, folders, seed)


def _folders(branching: Branching) -> dict[Path, int | None]:
    """The run directories to be made, all empty or not there.

    Raises:
        StoreError: a directory is not empty, not writable, or inside the parent's.
    """
    home, folder = branching.parent.resolve(), branching.folder
    if home == folder.resolve() or home in folder.resolve().parents:
        raise StoreError(f"{folder}: is in the parent's own directory; choose one outside {branching.parent}")
    folders: dict[Path, int | None] = {folder: None}
    if branching.futures is not None:
        folders = {folder / f"future-{k}": k for k in range(1, branching.futures + 1)}
    for target in folders:
        try:
            # a lock file alone is what a failed attempt leaves
            if any(path.name not in (f"{EVENTS_NAME}.lock", ATTEMPTS_NAME) for path in target.iterdir()):
                raise StoreError(f"{target}: is not empty; choose another run directory for a branch")
        except FileNotFoundError:
            pass
        except OSError as error:
            raise StoreError(f"{target}: cannot be used ({error.strerror}); choose another") from error
        there = next(path for path in (target, *target.absolute().parents) if path.exists())
        if not os.access(there, os.W_OK):
            raise StoreError(f"{target}: cannot write there; name a writable directory")
    return folders


def _load(parent: RunDirectory, point: BranchPoint) -> Loaded | None:
    """The checkpoint from which the branch point is reached.

    Raises:
        StoreError: it is damaged.
    """
    if point.start is None:
        return None
    saved = point.start.saved
    assert saved.replay is not None
    state = read_file(parent.checkpoints / saved.checkpoint.name, saved.checkpoint)
    replay = read_file(parent.checkpoints / saved.replay.name, saved.replay)
    return Loaded(point.start.position, saved, state, replay)


def _write(log: LogReader, plan: _Plan, repeated: Repeated, files: RunDirectory, future: int | None) -> None:
    """Make one run directory: the checkpoint first, then the log, which appears whole or not at all.

    Raises:
        StoreError: it cannot be written, or the parent's log is damaged.
    """
    point = plan.point
    try:
        with exclusive(files.events, "producer branch"):
            files.checkpoints.mkdir(parents=True, exist_ok=True)
            saved, replay = save(files.checkpoints, point.episode, repeated.state, repeated.replay)
            with atomic_replace(files.events) as unfinished:
                own = EventLog(unfinished)
                try:
                    _copy_history(log, own, point.position)
                    event = _run_branched(plan, repeated, own.digest, future, (saved, replay))
                    own.append([event])
                finally:
                    own.close()
    except (OSError, apsw.Error, StoreError) as error:
        # the directory was empty, so what is there is this command's
        shutil.rmtree(files.checkpoints, ignore_errors=True)
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"{files.events.parent}: the branch cannot be written there ({why(error)}); free space, or name"
            " another directory"
        ) from error


def _copy_history(parent: LogReader, own: EventLog, until: int) -> None:
    """Copy the events up to the position `until`, each with its time, and compare their digests.

    Raises:
        StoreError: an event of the parent is not what was written.
    """
    after, previous = 0, START
    while after < until:
        records = parent.read(after, PAGE, until)
        stored = parent.digests(after, until=records[-1].position) if records else {}
        for record in records:
            previous = digest(previous, record.position, record.type, record.version, record.payload)
            if record.position != after + 1 or stored.get(record.position, previous.hex()) != previous.hex():
                raise StoreError(
                    f"the parent's log is damaged at position {record.position}; `projections doctor` says"
                    " what is wrong"
                )
            after = record.position
        if not records:
            raise StoreError(f"the parent's log has no event at position {after + 1}; restore a backup")
        own.append_encoded([(at.recorded_at, at.type, at.version, at.payload) for at in records])


def _run_branched(
    plan: _Plan, repeated: Repeated, head: bytes, future: int | None, files: tuple[SavedFile, SavedFile]
) -> RunBranched:
    point = plan.point
    return RunBranched(
        run_id=new_run_id(),
        parent_run_id=point.parent_run_id,
        episode=point.episode,
        position=point.position,
        digest=head.hex(),
        changes=plan.changes,
        layout=_layout(plan, repeated),
        layout_seed=plan.layout_seed,
        seed=plan.seed + (future or 0) if plan.seed is not None else None,
        future=future,
        num_episodes=plan.config.training.num_episodes,
        config_hash=config_hash(plan.config),
        packages=repeated.packages,
        device=repeated.device,
        exact=not repeated.inexact_because,
        inexact_because=repeated.inexact_because,
        checkpoint=files[0],
        replay=files[1],
    )


def _layout(plan: _Plan, repeated: Repeated) -> tuple[Placement, ...] | None:
    cells = plan.layout_of_file
    if plan.layout_seed is not None:
        now = [(int(x), int(y)) for x, y in repeated.state["trainer"]["town"]["cells_of_affordances"]]
        cells = random_cells(plan.config, now, plan.layout_seed)
    if cells is None:
        return None
    return placements(dict(zip(plan.config.world.affordance_names, cells, strict=True)))
