"""Leases: which attempt may write a run. The newest lease counts, whatever older attempts still run.

The folder `attempts` of a run directory has one lease for each attempt, named after the epoch of the attempt:
1, 2, 3. A lease is created and never changed, so that two sweeps cannot give out one epoch twice. An attempt
asks inside every transaction of the log whether its lease is still the newest. The lease of the next attempt
is created under the same write lock of the log, so an attempt that was stopped and goes on appends nothing.
"""

import contextlib
import os
import socket
from pathlib import Path

import apsw
import msgspec

from core.errors import AlreadyRunningError, StoreError
from core.process.sqlite import open_writer, why
from core.run_directory import ATTEMPTS_NAME, RunDirectory

__all__ = ["Lease", "attempt_log", "beat_file", "new_lease", "newest_epoch", "require_newest", "take_lease"]

BUSY_MS = 2_000
"""How long a lease waits for a transaction of the attempt before."""


class Lease(msgspec.Struct, frozen=True):
    """What the file of a lease says, for people: who created the lease."""

    epoch: int
    host: str
    pid: int


def attempts_of(files: RunDirectory) -> Path:
    """The folder of a run's leases and of its attempts' logs."""
    return files.events.parent / ATTEMPTS_NAME


def attempt_log(files: RunDirectory, epoch: int) -> Path:
    """The file with the log lines of one attempt."""
    return attempts_of(files) / f"{epoch:04}.log"


def beat_file(files: RunDirectory, epoch: int) -> Path:
    """The file that an attempt writes every few seconds while it lives."""
    return attempts_of(files) / f"{epoch:04}.progress.json"


def newest_epoch(files: RunDirectory) -> int:
    """The epoch of the newest lease, 0 if there is none.

    Raises:
        StoreError: the folder cannot be read.
    """
    folder = attempts_of(files)
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise StoreError(f"{folder}: cannot be read ({error.strerror})") from error
    leases = (name.removesuffix(".lease") for name in names if name.endswith(".lease"))
    return max((int(epoch) for epoch in leases if epoch.isdecimal()), default=0)


def new_lease(epoch: int) -> bytes:
    """The content of a lease that this process creates."""
    return msgspec.json.encode(Lease(epoch, socket.gethostname(), os.getpid()))


def require_newest(files: RunDirectory, epoch: int) -> None:
    """Check that the lease of an attempt is still the newest one.

    Raises:
        AlreadyRunningError: a later attempt has the run.
    """
    newest = newest_epoch(files)
    if newest != epoch:
        raise AlreadyRunningError(
            f"{files.events.parent}: attempt {newest} has taken over this run, so attempt {epoch}"
            " writes nothing more"
        )


def take_lease(files: RunDirectory) -> int:
    """Create the lease of the next attempt, and return its epoch. From then on no older attempt appends.

    Raises:
        AlreadyRunningError: the attempt before was stopped in the middle of a transaction of the log.
        StoreError: the lease cannot be written, or the log cannot be opened.
    """
    folder = attempts_of(files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made ({error.strerror}); name a writable directory") from error
    if not files.events.exists():
        return _create(files)
    try:
        log = open_writer(files.events, synchronous="FULL")
        try:
            log.set_busy_timeout(BUSY_MS)
            log.execute("BEGIN IMMEDIATE")
            try:
                return _create(files)
            finally:
                log.execute("ROLLBACK")
        finally:
            log.close()
    except (apsw.BusyError, apsw.LockedError) as error:
        raise AlreadyRunningError(
            f"{files.events}: an earlier attempt is in the middle of a transaction; end that process, or wait"
        ) from error
    except apsw.Error as error:
        raise StoreError(f"{files.events}: cannot be opened ({why(error)}); restore a backup") from error


def _create(files: RunDirectory) -> int:
    while True:
        epoch = newest_epoch(files) + 1
        path = attempts_of(files) / f"{epoch:04}.lease"
        try:
            with contextlib.suppress(FileExistsError):
                with path.open("xb") as file:
                    file.write(new_lease(epoch))
                    file.flush()
                    os.fsync(file.fileno())
                return epoch
        except OSError as error:
            raise StoreError(f"{path}: cannot be written ({error.strerror})") from error
