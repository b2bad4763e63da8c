"""One writer per file: an advisory lock that lasts as long as the process and says who holds it.

The kernel drops the lock when its holder dies, however it dies, so there is no stale lock to clean up.
"""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import AlreadyRunningError, StoreError


@contextlib.contextmanager
def exclusive(guarded: Path, who: str) -> Iterator[None]:
    """Hold the only write access to `guarded` for the length of a `with` block.

    The lock file is `<guarded>.lock`; it stays behind, empty of meaning, once the lock is let go.

    Raises:
        AlreadyRunningError: somebody else holds it; the message says who and since when.
        StoreError: the folder cannot be written, or its file system knows no locks.
    """
    # resolved, since two names of one file are still one file
    real = guarded.resolve()
    path = real.with_name(real.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("a+")
    except OSError as error:
        raise StoreError(
            f"{path.parent}: cannot write there ({error.strerror}); name a writable directory"
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "another process"
            raise AlreadyRunningError(
                f"{guarded}: already in use by {holder}; stop that one first or choose another run directory"
            ) from None
        except OSError as error:
            raise StoreError(
                f"{path}: cannot be locked ({error.strerror}); choose a run directory on a local disk"
            ) from error
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        holder = f"{who} (pid {os.getpid()} on {socket.gethostname()}, since {since})\n"
        # the lock holds on a full disk too; only the name of its holder finds no room there
        with contextlib.suppress(OSError):
            handle.truncate(0)
            os.write(handle.fileno(), holder.encode())
        yield
