"""Files that appear whole: written under another name (each process its own), synced, renamed."""

import contextlib
import os
from pathlib import Path

from core.errors import StoreError

LEFTOVERS = ("*.part", ".metrics_*.csv.unfinished-*", ".final_metrics.csv.unfinished-*")
"""What a worker leaves behind that was killed while writing: our files, and those of `projections.export`."""


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that nobody ever sees half of it, replacing what is there.

    Raises:
        StoreError: the folder or the file cannot be written; nothing is left behind.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        # after the rename there is nothing left to remove
        with contextlib.suppress(OSError):
            part.unlink()


def date_no_earlier(path: Path, moment: float) -> None:
    """See to it that a file is not older than what it shows (Unix seconds), though the clock was set back.

    By its date the schedule knows whether it was made before or after that.
    """
    if path.stat().st_mtime < moment:
        os.utime(path, (moment, moment))


def clear_leftovers(folder: Path) -> None:
    """Remove the unfinished files of a worker that was killed; call it when no other one runs."""
    for pattern in LEFTOVERS:
        for leftover in folder.glob(pattern):
            leftover.unlink(missing_ok=True)
