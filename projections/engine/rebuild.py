"""Rebuilds the read models beside the live file, catches up, checks, and swaps the result in.

The swap is one SQLite transaction: the finished file is copied page by page into the live one by SQLite's
backup interface, so the live file keeps its name, its inode and its readers. Readers see the old content
until the commit and the new content after it; the running projector finds its positions moved and goes on
from there. A kill at any point before the commit leaves the live file as it was, by SQLite's own recovery.
While the pages are copied, the rebuilding process holds the write lock of the live file and projects the last
few events, so no reader is ever shown less than it has seen. Only a live file that is missing, unreadable or
of an older schema is replaced by renaming.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import apsw
import msgspec

from core.errors import StoreError
from core.log import LogReader
from core.process.files import sync_directory, sync_file
from core.process.lock import exclusive
from core.process.sqlite import BUSY_TIMEOUT_MS, JOURNAL_SIZE_LIMIT, require_no_directory, why
from projections.engine.engine import Engine
from projections.engine.projector import Projector
from projections.engine.store import Store, writing

COPY_PAGES = 2_000


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild did: the projectors, the log position reached, events that stopped a projector."""

    names: tuple[str, ...]
    position: int
    poisoned: dict[str, str]


Progress = Callable[[int, int], None]
"""Called with (position, head of the log)."""


def rebuild(
    live: Path,
    events: Path,
    projectors: Sequence[type[Projector]],
    names: Sequence[str] = (),
    progress: Progress | None = None,
    live_is_locked: bool = False,
) -> Rebuilt:
    """Rebuild the named read models of `live` from the log, all of them without `names`.

    `live_is_locked`: the caller holds the lock of the projector process.

    Raises:
        AlreadyRunningError: another rebuild of this file is going on.
        StoreError: the log cannot be read, the result does not pass its checks, or the swap failed; the live
            file is as it was.
    """
    unknown = set(names) - {projector.name for projector in projectors}
    if unknown:
        known = ", ".join(projector.name for projector in projectors)
        raise StoreError(f"no read model {sorted(unknown)[0]!r}; there are {known}")
    if not events.exists():
        # the reader says so; the lock would make the folder that it lies in
        LogReader(events).close()
    require_no_directory(live)
    with exclusive(live.with_name(live.name + ".rebuild"), "projections rebuild"), _scratch(live) as path:
        log = LogReader(events)
        try:
            if names and readable(live):
                _copy_file(live, path)
            store = Store(path, scratch=True)
            try:
                return _rebuild_into(store, live, log, projectors, names, progress, live_is_locked)
            finally:
                store.close()
        except (apsw.Error, OSError) as error:
            raise StoreError(
                f"{live}: cannot be rebuilt ({why(error)}); it is unchanged, and needs as much room again"
            ) from error
        finally:
            log.close()


def build_until(
    out: Path,
    events: Path,
    projectors: Sequence[type[Projector]],
    until: int | None,
    progress: Progress | None = None,
) -> int:
    """Make a complete read-model file of its own as of log position `until`; give the position reached.

    Raises:
        StoreError: `out` is there already, the log cannot be read, or it ends before `until`.
    """
    if out.exists():
        raise StoreError(f"{out}: exists already; name a file that does not")
    log = LogReader(events)
    try:
        head = log.head()
        if until is not None and not 0 < until <= head:
            raise StoreError(f"{events}: has no position {until}; give 1 to {head}")
        with _scratch(out) as path:
            store = Store(path, scratch=True)
            try:
                engine = Engine(store, log, projectors)
                _catch_up(engine, log, until, progress)
                _check(store, engine)
                _make_durable(store)
                reached = engine.position
            finally:
                store.close()
            path.rename(out)
            sync_directory(out.parent)
        return reached
    except (apsw.Error, OSError) as error:
        raise StoreError(f"{out}: cannot be made ({why(error)})") from error
    finally:
        log.close()


@contextlib.contextmanager
def temporary_read_model(
    beside: Path, events: Path, projectors: Sequence[type[Projector]], until: int
) -> Iterator[Path]:
    """A read-model file as of log position `until`, beside another one, deleted at the end of the block.

    Raises:
        StoreError: the log cannot be read, or it ends before `until`.
    """
    path = beside.with_name(f"{beside.name}.at-{until}-{os.getpid()}")
    try:
        build_until(path, events, projectors, until)
        yield path
    finally:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def stale(store: Store, projectors: Sequence[type[Projector]], log: LogReader) -> list[str]:
    """Read models that must be rebuilt: made by another version of their projector, or from another log.

    Ones that no program knows any more are dropped with their tables at the next rebuild.
    """
    states = store.states()
    if not states:
        return []
    first = log.read(0, 1)
    started = first[0].recorded_at if first else None
    head = log.head()
    names = []
    for projector in projectors:
        state = states.get(projector.name)
        if (
            state is None
            or state.version != projector.version
            or state.position > head
            or (state.log_started_at is not None and state.log_started_at != started)
        ):
            names.append(projector.name)
    return names


def readable(path: Path) -> bool:
    """Whether `path` is a read model of this program, which can be copied into."""
    if not path.exists():
        return False
    try:
        Store(path).close()
    except StoreError:
        return False
    return True


def _rebuild_into(
    store: Store,
    live: Path,
    log: LogReader,
    projectors: Sequence[type[Projector]],
    names: Sequence[str],
    progress: Progress | None,
    live_is_locked: bool,
) -> Rebuilt:
    with writing(store.connection):
        known = {projector.name for projector in projectors}
        for name in list(store.states()):
            if name in names or name not in known:
                store.drop_projector(name)
    engine = Engine(store, log, projectors)
    _catch_up(engine, log, None, progress)
    _check(store, engine)
    if readable(live):
        _copy_into_live(store, live, engine)
    else:
        lock = contextlib.nullcontext() if live_is_locked else exclusive(live, "projections rebuild")
        with lock:
            engine.catch_up()
            _make_durable(store)
            for suffix in ("-wal", "-shm"):
                live.with_name(live.name + suffix).unlink(missing_ok=True)
            store.path.rename(live)
            sync_directory(live.parent)
    poisoned = {
        name: f"event {state.poison_position} ({state.poison_event}): {state.poison}"
        for name, state in engine.states.items()
        if state.poison is not None
    }
    return Rebuilt(tuple(names) or tuple(engine.states), engine.position, poisoned)


def _catch_up(engine: Engine, log: LogReader, until: int | None, progress: Progress | None) -> None:
    def report(position: int) -> None:
        if progress is not None:
            progress(position, until if until is not None else log.head())

    engine.catch_up(until, report)


def _check(store: Store, engine: Engine) -> None:
    """The result must be a sound database that stands where the engine says."""
    problems = [str(row[0]) for row in store.connection.execute("PRAGMA quick_check")]
    if problems != ["ok"]:
        raise StoreError(
            f"{store.path}: the rebuilt file is damaged ({problems[0]}); the live one is unchanged"
        )
    if store.states() != engine.states:
        raise StoreError(f"{store.path}: positions changed while rebuilding; the live file is unchanged")


def _copy_into_live(store: Store, live: Path, engine: Engine) -> None:
    target = apsw.Connection(str(live))
    try:
        target.set_busy_timeout(BUSY_TIMEOUT_MS)
        # as the projector writes: a commit lost to a power cut comes back from the log
        target.pragma("synchronous", "NORMAL")
        target.pragma("journal_size_limit", JOURNAL_SIZE_LIMIT)
        with target.backup("main", store.connection, "main") as backup:
            # The first step takes the live file's write lock. Events that arrive from now on are projected
            # into the source through the connection that is being copied: SQLite copies those pages again.
            backup.step(1)
            while not backup.done:
                engine.catch_up()
                backup.step(COPY_PAGES)
    except apsw.Error as error:
        raise StoreError(f"{live}: cannot be replaced ({why(error)}); it is unchanged") from error
    finally:
        target.close()


def _make_durable(store: Store) -> None:
    """Make a scratch file fit to be renamed: whole on disk, and no journal beside it."""
    store.connection.pragma("journal_mode", "delete")
    sync_file(store.path)


def _copy_file(source: Path, target: Path) -> None:
    reader = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
    writer = apsw.Connection(str(target))
    try:
        reader.set_busy_timeout(BUSY_TIMEOUT_MS)
        with writer.backup("main", reader, "main") as backup:
            backup.step(-1)
    finally:
        writer.close()
        reader.close()


@contextlib.contextmanager
def _scratch(beside: Path) -> Iterator[Path]:
    """A file to build in, gone afterwards unless renamed; leftovers of killed builds are cleared away."""
    for leftover in beside.parent.glob(f"{beside.name}.building-*"):
        leftover.unlink(missing_ok=True)
    path = beside.with_name(f"{beside.name}.building-{os.getpid()}")
    try:
        yield path
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
