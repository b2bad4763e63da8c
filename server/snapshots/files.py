"""The files of the snapshot worker: written whole, dated, cleared after a crash."""

import os
from pathlib import Path

from core.errors import StoreError
from core.process.files import atomic_write, remove_unfinished

__all__ = ["clear_leftovers", "date_no_earlier", "write_whole"]

OWN_FILES = ("screenshot_*.png", "history_*.png", "*.gif", "*.json", "metrics_*.csv", "final_metrics.csv")
"""What a worker writes, or has `projections.export` write."""


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that nobody ever sees half of it, replacing what is there.

    Raises:
        StoreError: the folder or the file cannot be written; nothing is left behind.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, content)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror})") from error


def date_no_earlier(path: Path, moment: float) -> None:
    """Make the date of a file at least `moment` (Unix seconds), the time of what the file shows.

    The clock may have been set back. By the date the schedule knows whether the file is older than an event.
    """
    if path.stat().st_mtime < moment:
        os.utime(path, (moment, moment))


def clear_leftovers(folder: Path) -> None:
    """Remove the unfinished files of a worker that was killed; call it when no other worker runs."""
    for pattern in OWN_FILES:
        remove_unfinished(folder, pattern)
    for leftover in folder.glob("*.part"):  # the worker of release 0.1.0 and before
        leftover.unlink(missing_ok=True)
