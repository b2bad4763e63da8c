"""Files that appear whole: written under another name (each process its own), synced, renamed."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.errors import StoreError

PART_SUFFIX = ".part"


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` once the block ends without an exception.

    Raises:
        StoreError: the folder or the file cannot be written; nothing is left behind.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}{PART_SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        # after a rename there is nothing left to remove
        with contextlib.suppress(OSError):
            part.unlink()


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that nobody ever sees half of it, replacing what is there.

    Raises:
        StoreError: the folder or the file cannot be written; nothing is left behind.
    """
    with whole_file(path) as file:
        file.write(content)


def clear_parts(folder: Path) -> None:
    """Remove what a worker that was killed in the middle of writing has left in `folder`."""
    for part in folder.glob(f"*{PART_SUFFIX}"):
        part.unlink(missing_ok=True)
