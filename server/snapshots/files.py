"""Files that appear whole: written under another name (each process its own), synced, renamed."""

import os
from pathlib import Path

from core.errors import StoreError

PART_SUFFIX = ".part"


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that nobody ever sees half of it, replacing what is there.

    Raises:
        StoreError: the folder or the file cannot be written; nothing is left behind.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}{PART_SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written ({error})") from error


def clear_parts(folder: Path) -> None:
    """Remove what a worker that was killed in the middle of writing has left in `folder`."""
    for part in folder.glob(f"*{PART_SUFFIX}"):
        part.unlink(missing_ok=True)
