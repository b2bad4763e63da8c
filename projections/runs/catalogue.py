"""The runs below a folder: found, read, and read again only where their files have changed.

A read model is open for the milliseconds of one reading, so any number of finished runs costs no memory
but what a list shows of them.
"""

import time
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from core.archives import listed_archive
from core.definitions import Recovery, RunState
from core.errors import StoreError
from core.log_header import header_problem
from core.run_folders import RunFolder, find_all
from projections.engine.reader import ReadModel
from projections.engine.status import ProjectorStatus
from projections.runs.configurations import FlatConfig, Value, differing_keys, flat_config, shown_values
from projections.runs.reading import RunReading, read_one_run

__all__ = ["BranchPoint", "ListedRun", "RunCatalogue", "RunList", "RunSummary", "list_runs"]

READERS = 4
"""Threads that read at once when many runs are new; SQLite reads without Python's lock."""
NOT_FOLLOWED_SECONDS = 30.0
"""A projector commits every few seconds while the trainer runs; after this long nobody follows the log."""


class BranchPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a branch left its parent: the run `run_id`, after `episode`."""

    run_id: str
    episode: int


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a list of runs.

    `name` is the path of its directory below the folder of all. `run_id` is its address, None where the run
    cannot be shown: it has no read model yet, it cannot be read, or another directory holds the same run.
    `problem` says why, in one sentence, or what else is wrong with a run that is shown; empty if nothing is.

    `state` is None where it is not known. `planned` and `episodes` count episodes, `stage` of `stages` is
    from 1, `mean_survival` in steps over the last window, `survival` in steps over equal stretches of the
    run. `seed` is that of the run's own random numbers. `started_at` and `last_event_at` in Unix seconds; a
    branch started when it was branched. `values` are those of the keys that differ between the runs.
    """

    name: str
    run_id: str | None = None
    problem: str = ""
    state: RunState | None = None
    detail: str = ""
    config_name: str = ""
    seed: int | None = None
    episodes: int = 0
    planned: int | None = None
    stage: int | None = None
    stages: int | None = None
    mean_survival: float | None = None
    survival: list[float] = []
    recovery: Recovery | None = None
    parent: BranchPoint | None = None
    started_at: float | None = None
    last_event_at: float | None = None
    values: dict[str, Value] = {}


class RunList(msgspec.Struct, frozen=True, kw_only=True):
    """All runs below a folder, by name. `keys` are the configuration keys that differ between the runs.

    `folder` is the name of the folder; `problem` says why there is no run, empty if there is one.
    """

    folder: str
    problem: str
    runs: list[RunSummary]
    keys: list[str]


class ListedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run directory with its summary, and its reading where it could be read."""

    folder: RunFolder
    summary: RunSummary
    reading: RunReading | None = None
    config: FlatConfig = {}
    read_at: float = 0.0
    """Unix seconds."""


class RunCatalogue:
    """The runs below a folder as of the last `refresh`. One thread at a time may refresh."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self._clock = clock
        self._read: dict[Path, tuple[Hashable, ListedRun]] = {}
        self._archives: list[str] = []
        self.runs: list[ListedRun] = []
        self.keys: list[str] = []

    def refresh(self) -> None:
        """Find the runs, read those whose files have changed, and compare them with each other."""
        found = find_all(self.folder)
        self._archives, folders = found.archives, found.runs
        stamps = {folder.path: _stamp(folder) for folder in folders}
        changed = [
            folder
            for folder in folders
            if folder.path not in self._read or self._read[folder.path][0] != stamps[folder.path]
        ]
        if len(changed) > READERS:
            with ThreadPoolExecutor(READERS) as readers:
                listed = list(readers.map(self._read_run, changed))
        else:
            listed = [self._read_run(folder) for folder in changed]
        new = {run.folder.path: (stamps[run.folder.path], run) for run in listed}
        self._read = {path: new.get(path) or self._read[path] for path in stamps}
        runs = [run for _, run in self._read.values()]
        if changed or len(runs) != len(self.runs):
            self.keys = differing_keys(run.config for run in runs if run.reading is not None)
        now = self._clock()
        self.runs = _with_values(_without_copies([_followed(run, now) for run in runs]), self.keys)

    def find(self, run_id: str) -> ListedRun | None:
        """The run that is shown under this id, None if there is none."""
        return next((run for run in self.runs if run.summary.run_id == run_id), None)

    def shown(self) -> list[ListedRun]:
        """The runs that have an address."""
        return [run for run in self.runs if run.summary.run_id is not None]

    def list(self) -> RunList:
        """All runs, as they go over the wire."""
        name, problem = self.folder.name, ""
        if not self.folder.is_dir():
            problem = f"{name}: no such directory any more; make it again, or start with another --runs"
        elif not (self.runs or self._archives):
            problem = f"{name}: no run in this directory; `producer run --run-dir {name}/NAME` makes one"
        archives = [RunSummary(name=path, problem=listed_archive(path)) for path in self._archives]
        runs = sorted([*(run.summary for run in self.runs), *archives], key=lambda run: run.name)
        return RunList(folder=name, problem=problem, runs=runs, keys=self.keys)

    def _read_run(self, folder: RunFolder) -> ListedRun:
        model = ReadModel(folder.files.read_model)
        try:
            with model.snapshot() as connection:
                found = read_one_run(connection) if connection is not None else None
                missing = connection is None
        except StoreError as error:
            # viewers read this: the folder's place on the machine is none of their business
            problem = str(error).replace(f"{folder.path}/", "")
            return ListedRun(folder=folder, summary=RunSummary(name=folder.name, problem=problem))
        finally:
            model.close()
        if isinstance(found, RunReading):
            return ListedRun(
                folder=folder,
                summary=_summary(folder, found),
                reading=found,
                config=flat_config(found.config),
                read_at=self._clock(),
            )
        if isinstance(found, ProjectorStatus):
            return ListedRun(folder=folder, summary=RunSummary(name=folder.name, problem=_stopped(found)))
        problem = header_problem(folder.files.events)
        if not problem and missing:
            problem = "no read model yet; `projections run --runs` makes it"
        state: RunState | None = None if problem else "waiting"
        return ListedRun(folder=folder, summary=RunSummary(name=folder.name, problem=problem, state=state))


def list_runs(folder: Path) -> list[ListedRun]:
    """The runs below `folder` as they are now, by name."""
    catalogue = RunCatalogue(folder)
    catalogue.refresh()
    return catalogue.runs


def _stamp(folder: RunFolder) -> Hashable:
    """A value that differs after every change of the read model, and while the log's header may change."""
    read_model = folder.files.read_model
    wal = read_model.with_name(read_model.name + "-wal")
    return _file_stamp(read_model), _file_stamp(wal), header_problem(folder.files.events)


def _file_stamp(path: Path) -> tuple[int, ...] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode


def _summary(folder: RunFolder, found: RunReading) -> RunSummary:
    run, trainer, parent = found.run, found.trainer, found.run.parent
    stopped = found.stopped_projector
    return RunSummary(
        name=folder.name,
        run_id=run.run_id,
        problem=_stopped(stopped) if stopped is not None else "",
        state=found.state,
        detail=trainer.detail,
        config_name=run.config_name,
        seed=parent.seed if parent is not None and parent.seed is not None else run.seed,
        episodes=trainer.episodes_finished,
        planned=run.num_episodes or None,
        stage=found.stage,
        stages=len(run.stages) or None,
        mean_survival=found.mean_survival,
        survival=found.survival,
        recovery=found.recovery,
        parent=BranchPoint(run_id=parent.run_id, episode=parent.episode) if parent is not None else None,
        started_at=parent.branched_at if parent is not None else run.started_at,
        last_event_at=trainer.last_event_at,
    )


def _stopped(projector: ProjectorStatus) -> str:
    return f"projector {projector.name} is stopped by event {projector.poison_position}: {projector.poison}"


def _followed(run: ListedRun, now: float) -> ListedRun:
    """With a problem where the trainer may run, but nobody projects its log."""
    if run.reading is None or run.summary.problem or run.summary.state not in ("running", "silent"):
        return run
    ages = [projector.age for projector in run.reading.projectors if projector.age is not None]
    if not ages or min(ages) + now - run.read_at <= NOT_FOLLOWED_SECONDS:
        return run
    problem = "its log is not projected at present; start `projections run --runs`"
    return msgspec.structs.replace(run, summary=msgspec.structs.replace(run.summary, problem=problem))


def _without_copies(runs: list[ListedRun]) -> list[ListedRun]:
    """One directory for each run id: of copies the one with the longest log is shown, then the first name."""
    best: dict[str, ListedRun] = {}
    for run in runs:
        run_id = run.summary.run_id
        if run_id is not None and (run_id not in best or _length(run) > _length(best[run_id])):
            best[run_id] = run
    return [_as_copy(run, best) for run in runs]


def _length(run: ListedRun) -> int:
    return run.reading.trainer.position if run.reading is not None else 0


def _as_copy(run: ListedRun, best: dict[str, ListedRun]) -> ListedRun:
    run_id = run.summary.run_id
    if run_id is None or best[run_id] is run:
        return run
    problem = (
        f"holds the same run as {best[run_id].folder.name} (a copied directory), whose log is not shorter"
        " and which is shown; move one of the two away"
    )
    return msgspec.structs.replace(
        run, summary=msgspec.structs.replace(run.summary, run_id=None, problem=problem)
    )


def _with_values(runs: list[ListedRun], keys: Iterable[str]) -> list[ListedRun]:
    readable = [run for run in runs if run.reading is not None]
    columns = {key: shown_values(run.config.get(key) for run in readable) for key in keys}
    values = {
        run.folder.path: {key: column[place] for key, column in columns.items()}
        for place, run in enumerate(readable)
    }
    return [
        msgspec.structs.replace(
            run, summary=msgspec.structs.replace(run.summary, values=values.get(run.folder.path, {}))
        )
        for run in runs
    ]
