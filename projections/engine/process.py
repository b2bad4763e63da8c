"""The projector process: waits for the log, keeps the read models at its end, opens replaced files again.

One process per read-model file (it holds a lock). A read model that was deleted, replaced or made by an older
version of this program is rebuilt. If the log belongs to another run, the read models are rebuilt.
"""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from core.errors import StoreError
from core.log import LogReader
from core.log_file import NO_LOG
from core.process.lock import exclusive
from core.process.memory import MemoryWatch, memory_settings
from core.process.sqlite import inode, is_unwritable, why
from core.process.whole_file import kept_whole
from projections.engine.engine import Engine, MovedError
from projections.engine.follow import follow
from projections.engine.projector import Projector
from projections.engine.rebuild import rebuild, stale
from projections.engine.store import OutdatedError, Store
from projections.engine.supervision import Supervision

logger = logging.getLogger(__name__)

WAIT_SECONDS = 0.2
RETRY_SECONDS = 2.0


def run(
    read_model: Path,
    events: Path,
    projectors: Sequence[type[Projector]],
    stop: threading.Event,
    until_caught_up: bool = False,
    skip: int | None = None,
    supervision: Supervision | None = None,
) -> None:
    """Project until `stop` is set, or with `until_caught_up` only up to the present end of the log.

    Raises:
        AlreadyRunningError: another projector process has this read model.
        ConfigError: a variable on memory is no number.
        StoreError: a file cannot be read or written, or `skip` names a position that stopped nobody. A full
            disk is waited out, except with `until_caught_up`.
    """
    disk = _DiskReporter(read_model)
    supervision = supervision or Supervision(watched_memory())
    with exclusive(read_model, "projections run"), kept_whole(events, read_model):
        supervision.ready()
        while not stop.is_set():
            if not events.exists():
                if until_caught_up:
                    raise StoreError(f"{events}: {NO_LOG}")
                _wait_for(events, stop, supervision)
                continue
            try:
                _one_file(
                    read_model, events, projectors, stop, disk.report, supervision, until_caught_up, skip
                )
            except StoreError as error:
                if until_caught_up or not is_unwritable(error):
                    raise
                disk.report(error)
                supervision.waiting("the disk does not take what is written")
                stop.wait(RETRY_SECONDS)
                continue
            skip = None
            if until_caught_up:
                return
        supervision.stopping()


def watched_memory() -> MemoryWatch:
    """Watches the memory of this process, and logs a warning when it becomes scarce.

    Raises:
        ConfigError: a variable on memory is no number.
    """
    return MemoryWatch(memory_settings(os.environ), lambda alarm: logger.warning("%s", alarm))


def _one_file(
    read_model: Path,
    events: Path,
    projectors: Sequence[type[Projector]],
    stop: threading.Event,
    report: Callable[[Exception | None], None],
    supervision: Supervision,
    until_caught_up: bool,
    skip: int | None,
) -> None:
    """Project into the present read-model file, until stopped or until one of the two files is replaced.

    Raises:
        StoreError: as `run`, and there is no room to begin with.
    """
    log_file = inode(events)
    log = _open_when_ready(events, stop)
    if log is None:
        return
    store: Store | None = None
    try:
        store = _open_or_rebuild(read_model, events, projectors, supervision)
        outdated = stale(store, projectors, log)
        if outdated:
            logger.info(
                "rebuilding %s: new, or made by another version or from another log", ", ".join(outdated)
            )
            rebuild(read_model, events, projectors, outdated, supervision.rebuilding)
        if skip is not None:
            skipped = store.skip(skip)
            if not skipped:
                raise StoreError(f"{read_model}: no projector is stopped at position {skip}; see status")
            logger.info("skipping event %d for %s", skip, ", ".join(skipped))
        engine = Engine(store, log, projectors)
        logger.info("projecting %s into %s from position %d", events, read_model, engine.position)
        reporter = _PoisonReporter()
        if until_caught_up:
            _catch_up(engine)
            engine.commit_heartbeat()
            reporter.report(engine)
            logger.info("caught up at position %d", engine.position)
            return

        def is_current() -> bool:
            reporter.report(engine)
            supervision.following(engine)
            return not store.replaced() and inode(events) == log_file

        follow(engine, log, stop, is_current, report)
        if not stop.is_set():
            logger.info("a file was deleted or replaced; starting over with what is there now")
    except apsw.Error as error:
        if store is not None and store.replaced():
            return
        raise StoreError(_refusal(read_model, error)) from error
    finally:
        if store is not None:
            store.close()
        log.close()


def _open_or_rebuild(
    read_model: Path,
    events: Path,
    projectors: Sequence[type[Projector]],
    supervision: Supervision,
) -> Store:
    try:
        return Store(read_model)
    except OutdatedError:
        logger.info("rebuilding %s: made by an older version of this program", read_model)
        rebuild(read_model, events, projectors, (), supervision.rebuilding, live_is_locked=True)
        return Store(read_model)


def _catch_up(engine: Engine) -> None:
    while True:
        try:
            engine.catch_up()
            return
        except MovedError:
            # a rebuilt file was swapped in meanwhile
            engine.read_positions()


def _refusal(read_model: Path, error: apsw.Error) -> str:
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return f"{read_model}: damaged ({error}); `projections rebuild` makes a new one from the log"
    return f"{read_model}: cannot be written ({why(error)})"


class _DiskReporter:
    """Reports when a full or failing disk prevents writing the read model, and when the disk is back."""

    def __init__(self, read_model: Path) -> None:
        self._read_model = read_model
        self._waiting = False

    def report(self, error: Exception | None) -> None:
        if (error is None) == (not self._waiting):
            return
        self._waiting = error is not None
        if error is None:
            logger.info("%s: can be written again; going on", self._read_model)
        else:
            logger.warning(
                "%s: cannot be written (%s); waiting for that to pass", self._read_model, why(error)
            )


class _PoisonReporter:
    """Reports once for every projector that an event stopped it."""

    def __init__(self) -> None:
        self._reported: set[tuple[str, int | None]] = set()

    def report(self, engine: Engine) -> None:
        for name, state in engine.states.items():
            if state.poison is not None and (name, state.poison_position) not in self._reported:
                self._reported.add((name, state.poison_position))
                at = state.poison_position
                logger.warning(
                    "%s is stopped by event %s (%s): %s; once understood, --skip %s passes over it",
                    name, at, state.poison_event, state.poison, at,
                )  # fmt: skip


def _wait_for(events: Path, stop: threading.Event, supervision: Supervision) -> None:
    logger.info("waiting for %s", events)
    while not events.exists() and not stop.is_set():
        supervision.waiting(f"no {events.name} yet")
        stop.wait(WAIT_SECONDS)


def _open_when_ready(events: Path, stop: threading.Event) -> LogReader | None:
    """Open the log; its writer creates the file shortly before the table in it."""
    for _ in range(25):
        try:
            return LogReader(events)
        except StoreError:
            if events.exists() and events.stat().st_size > 0 and not _just_created(events):
                raise
            stop.wait(WAIT_SECONDS)
            if stop.is_set():
                return None
    return LogReader(events)


def _just_created(events: Path) -> bool:
    """Whether the file holds at most its first page: a log with its schema holds more."""
    return events.stat().st_size <= 4096
