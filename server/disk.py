"""How much room there is on the file system of a run, and whether it is enough to go on writing pictures."""

import shutil
from pathlib import Path

from core.errors import StoreError
from server.messages import Disk

DEFAULT_FLOOR_MB = 500
MEGABYTE = 1_000_000


def room(folder: Path, floor_bytes: int) -> Disk:
    """Free and total bytes where `folder` is, or where it would be made: the nearest parent that exists.

    Raises:
        StoreError: the file system cannot be asked.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        usage = shutil.disk_usage(there)
    except OSError as error:
        raise StoreError(f"{there}: cannot see how much room is left ({error})") from error
    return Disk(
        free_bytes=usage.free, total_bytes=usage.total, floor_bytes=floor_bytes, low=usage.free < floor_bytes
    )
