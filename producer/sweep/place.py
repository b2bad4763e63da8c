"""Where the attempts at a run keep that run, as the loop of a sweep sees it: a directory, or a store."""

import contextlib
import time
from pathlib import Path
from typing import Protocol

from core.errors import StoreError
from core.run_directory import in_folder
from producer.sweep.heartbeat import STORE_BEAT_SECONDS, Beat, read_beat
from producer.sweep.leases import take_lease
from producer.sweep.progress import RunProgress, progress_or_nothing
from producer.sweep.stored_run import StoredRun

__all__ = ["Place", "SharedDirectory", "Stored"]


class Place(Protocol):
    """One run: its leases, its heartbeats and how far it is."""

    def take_lease(self) -> int:
        """Create the lease of the next attempt; its epoch. From then on no older attempt counts.

        Raises:
            AlreadyRunningError, StoreError: the lease cannot be had now.
        """

    def read_beat(self, epoch: int) -> Beat | None:
        """The newest heartbeat of an attempt, None before the first one."""

    def progress(self) -> RunProgress:
        """How far the run is; nothing where that cannot be read."""

    def collect(self) -> None:
        """Bring what there is of the run into the directory of the sweep.

        Raises:
            StoreError: it cannot be read or written.
        """


class SharedDirectory:
    """A run directory below that of the sweep, which the attempts themselves write."""

    def __init__(self, folder: Path) -> None:
        self._files = in_folder(folder)

    def take_lease(self) -> int:
        """Create a file, under the write lock of the log."""
        return take_lease(self._files)

    def read_beat(self, epoch: int) -> Beat | None:
        """Read a small file."""
        return read_beat(self._files, epoch)

    def progress(self) -> RunProgress:
        """Read the end of the log."""
        return progress_or_nothing(self._files)

    def collect(self) -> None:
        """Nothing to do: the run is there."""


class Stored:
    """A run in a store; `folder` is its directory below that of the sweep, made when the run has ended."""

    def __init__(self, run: StoredRun, folder: Path) -> None:
        self._run = run
        self._files = in_folder(folder)
        self._beats: dict[int, Beat | None] = {}
        self._asked_at = 0.0

    def take_lease(self) -> int:
        """Create an object."""
        return self._run.take_lease()

    def read_beat(self, epoch: int) -> Beat | None:
        """Get a small object, every few seconds; what was read before if the store cannot be reached."""
        if epoch not in self._beats or time.monotonic() - self._asked_at >= STORE_BEAT_SECONDS:
            self._asked_at = time.monotonic()
            with contextlib.suppress(StoreError):
                self._beats[epoch] = self._run.read_beat(epoch)
        return self._beats.get(epoch)

    def progress(self) -> RunProgress:
        """Get the newest manifest."""
        with contextlib.suppress(StoreError):
            return self._run.progress()
        return RunProgress()

    def collect(self) -> None:
        """Download the run, and what its attempts have printed."""
        self._run.download_logs(self._files)
        self._run.download(self._files)
