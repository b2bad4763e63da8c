"""One writer per file: an advisory lock on a file beside it, which also says who holds the lock.

The kernel releases the lock when the process that holds it ends, however it ends, so no stale lock remains.
"""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import AlreadyRunningError, StoreError

__all__ = ["exclusive"]


@contextlib.contextmanager
def exclusive(guarded: Path, who: str) -> Iterator[None]:
    """Hold the only write access to `guarded` for the length of a `with` block.

    The lock file is `<guarded>.lock`. It stays there after the lock is released, and then means nothing.

    Raises:
        AlreadyRunningError: another process holds the lock; the message says which and since when.
        StoreError: the folder cannot be written, or its file system has no locks.
    """
    # Resolved, since a file may have two names.
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
                f"{guarded}: already in use by {holder}; stop it first, or choose another run directory"
            ) from None
        except OSError as error:
            raise StoreError(
                f"{path}: cannot be locked ({error.strerror}); choose a run directory on a local disk"
            ) from error
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        holder = f"{who} (pid {os.getpid()} on {socket.gethostname()}, since {since})\n"
        # On a full disk the lock holds too; only the name of its holder cannot be written.
        with contextlib.suppress(OSError):
            handle.truncate(0)
            os.write(handle.fileno(), holder.encode())
        yield
