"""Files that appear whole: written under another name in the same folder, synced to disk, then renamed.

A reader sees the old file or the new one, never a part of one, also after a power cut.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["atomic_replace", "atomic_write", "remove_unfinished", "sync_directory", "sync_file"]

SQLITE_SUFFIXES = ("", "-journal", "-wal", "-shm")
"""What SQLite adds to the name of a database for the files beside it."""


@contextlib.contextmanager
def atomic_replace(path: Path) -> Iterator[Path]:
    """Give the name of a temporary file beside `path`; at the end of the `with` block rename it to `path`.

    The block writes the temporary file (`.NAME.unfinished-PID`), which may be a SQLite database. If anything
    is raised, `path` is as it was and nothing is left behind. The folder must exist.

    Raises:
        OSError: the file cannot be written, synced or renamed.
    """
    unfinished = path.with_name(f".{path.name}.unfinished-{os.getpid()}")
    _remove(unfinished)
    try:
        yield unfinished
        sync_file(unfinished)
        unfinished.replace(path)
        sync_directory(path.parent)
    finally:
        # after the rename there is nothing to remove; on a failing disk removing may fail too
        with contextlib.suppress(OSError):
            _remove(unfinished)


def atomic_write(path: Path, content: bytes | memoryview) -> None:
    """Write `content` to `path`, whole or not at all.

    Raises:
        OSError: the file cannot be written; `path` is as it was and nothing is left behind.
    """
    with atomic_replace(path) as unfinished:
        unfinished.write_bytes(content)


def remove_unfinished(folder: Path, pattern: str) -> None:
    """Remove the temporary files that killed processes left for files whose names match the glob `pattern`.

    Call it only while no other process can be writing such a file.
    """
    for leftover in folder.glob(f".{pattern}.unfinished*"):
        leftover.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Force what was written to a file onto the disk."""
    _sync(path, os.O_RDONLY)


def sync_directory(folder: Path) -> None:
    """Force the names in a folder onto the disk, so that a rename outlasts a power cut."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(unfinished: Path) -> None:
    for suffix in SQLITE_SUFFIXES:
        unfinished.with_name(unfinished.name + suffix).unlink(missing_ok=True)
