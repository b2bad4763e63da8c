"""Follows all runs below a folder in one process: runs come and go, and one that has ended costs nothing.

Every run has a thread of its own as long as its log may grow, and at most `CATCHING_UP` threads work through
logs that have ended. A run that cannot be projected is named once and tried again when its files change; the
others go on.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

from core.errors import HamletError, StoreError
from core.process.memory import MemoryWatch
from core.run_folders import RunFolder, find_runs
from projections.engine import process
from projections.engine.projector import Projector
from projections.engine.supervision import Supervision

__all__ = ["run_all"]

logger = logging.getLogger(__name__)

HasEnded = Callable[[Path], bool]
Stamp = tuple[Hashable, Hashable, bool]

SEARCH_SECONDS = 1.0
CATCHING_UP = 2
"""Logs that are worked through at once when many are new; more would only share the processor."""
CLOSING_SECONDS = 10.0
"""How long a thread may take to end; each stops between two pages of its log."""


class _Follower:
    """The thread that projects one run, until its log has ended, an error, or the end of the process."""

    def __init__(
        self,
        run: RunFolder,
        projectors: Sequence[type[Projector]],
        has_ended: HasEnded,
        turns: threading.Semaphore,
        until_caught_up: bool,
    ) -> None:
        self.run = run
        self.stamp = stamp_of(run)
        self.stop = threading.Event()
        self.failed = False
        self._projectors = projectors
        self._has_ended = has_ended
        self._turns = turns
        self._until_caught_up = until_caught_up
        self._thread = threading.Thread(target=self._work, name=run.name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the log is being projected."""
        return self._thread.is_alive()

    def join(self, timeout: float) -> None:
        """Wait for the end of the thread."""
        self._thread.join(timeout)

    def _work(self) -> None:
        files = self.run.files
        try:
            with self._turns:
                if self.stop.is_set():
                    return
                self.record_stamp()
                self._project(self.stop, until_caught_up=True)
                # the file that was made just now is no change
                self.stamp = (*self.stamp[:2], files.read_model.exists())
            if not self._until_caught_up and not self._has_ended(files.read_model):
                self._project(_EndOfRun(self, self._has_ended), until_caught_up=False)
        except HamletError as error:
            self.failed = True
            logger.warning("%s; the other runs go on, this one is tried again when it changes", error)
        except Exception:
            self.failed = True
            logger.exception("%s: not projected", self.run.name)

    def record_stamp(self) -> None:
        """Remember the state of the log that is looked at from now on: what comes later is a change."""
        self.stamp = stamp_of(self.run)

    def _project(self, stop: threading.Event, until_caught_up: bool) -> None:
        process.run(
            self.run.files.read_model,
            self.run.files.events,
            self._projectors,
            stop,
            until_caught_up,
            supervision=Supervision(None),
        )


class _EndOfRun(threading.Event):
    """Set when the follower is to end, or when its run has ended; asked often, so looked at rarely."""

    LOOK_SECONDS = 2.0

    def __init__(self, follower: _Follower, has_ended: HasEnded) -> None:
        super().__init__()
        self._follower = follower
        self._has_ended = has_ended
        self._looked_at = time.monotonic()

    def is_set(self) -> bool:
        if self._follower.stop.is_set():
            return True
        now = time.monotonic()
        if not super().is_set() and now - self._looked_at >= self.LOOK_SECONDS:
            self._looked_at = now
            self._follower.record_stamp()
            if self._has_ended(self._follower.run.files.read_model):
                self.set()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        self._follower.stop.wait(timeout)
        return self.is_set()


def run_all(
    folder: Path,
    projectors: Sequence[type[Projector]],
    has_ended: HasEnded,
    stop: threading.Event,
    memory: MemoryWatch,
    until_caught_up: bool = False,
) -> None:
    """Project every run below `folder` until `stop` is set, or up to the present ends of all logs.

    `has_ended(read_model)` says whether the trainer of a run has ended on purpose, by what is projected.

    Raises:
        StoreError: with `until_caught_up`, a run could not be projected; all others have been.
    """
    supervision = Supervision(memory)
    supervision.ready()
    turns = threading.Semaphore(CATCHING_UP)
    followers: dict[Path, _Follower] = {}
    said = 0
    while not stop.is_set():
        runs = {run.path: run for run in find_runs(folder) if run.files.events.exists()}
        for path in [path for path in followers if path not in runs]:
            followers.pop(path).stop.set()
        for path, run in runs.items():
            known = followers.get(path)
            if known is None or (not known.is_alive and known.stamp != stamp_of(run)):
                followers[path] = _Follower(run, projectors, has_ended, turns, until_caught_up)
        alive = sum(follower.is_alive for follower in followers.values())
        supervision.waiting(f"{len(runs)} runs, {alive} of them followed")
        if len(runs) != said:
            said = len(runs)
            logger.info("%s: %d runs", folder, said)
        if until_caught_up and alive == 0:
            failed = [follower.run.name for follower in followers.values() if follower.failed]
            if failed:
                raise StoreError(f"{folder}: not projected: {', '.join(failed)}; each is explained above")
            break
        stop.wait(SEARCH_SECONDS)
    for follower in followers.values():
        follower.stop.set()
    for follower in followers.values():
        follower.join(CLOSING_SECONDS)
    supervision.stopping()


def stamp_of(run: RunFolder) -> Stamp:
    """A value that changes when the log of a run grows, or when its read model is taken away."""
    events = run.files.events
    wal = events.with_name(events.name + "-wal")
    return _stamp(events), _stamp(wal), run.files.read_model.exists()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    # an empty -wal comes and goes with every reader
    return (status.st_ino, status.st_mtime_ns, status.st_size) if status.st_size else None
