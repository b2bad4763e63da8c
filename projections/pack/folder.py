"""A folder that appears whole: it is written under another name beside its place, then renamed.

Whatever ends the process before leaves the old folder or none, never half a one.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from core.errors import ConfigError
from core.process.files import sync_directory

MARK = "pack.json"
"""A folder that holds this file is a pack, and may be replaced by a new one."""
UNFINISHED = re.compile(r"\.(?P<name>.+)\.unfinished-(?P<pid>\d+)")


@contextlib.contextmanager
def whole_folder(place: Path) -> Iterator[Path]:
    """Give an empty folder to be filled; at the end of the `with` block it takes the place of `place`.

    If anything is raised, `place` is as it was and nothing is left behind.

    Raises:
        ConfigError: `place` is something that nobody should replace: no pack, and not empty.
        OSError: a folder cannot be made or renamed.
    """
    check(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(place)
    unfinished = place.with_name(f".{place.name}.unfinished-{os.getpid()}")
    unfinished.mkdir()
    try:
        yield unfinished
        old = unfinished.with_name(f"{unfinished.name}.old")
        if place.exists():
            place.rename(old)
        unfinished.rename(place)
        sync_directory(place.parent)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def check(place: Path) -> None:
    """Refuse a folder that is no pack.

    Raises:
        ConfigError: `place` is a file, or a folder with other things in it.
    """
    if not place.exists():
        return
    if not place.is_dir() or (any(place.iterdir()) and not (place / MARK).is_file()):
        raise ConfigError(
            f"--out {place}: holds something else (no {MARK}); give a new folder, or that of an older pack"
        )


def _remove_leftovers(place: Path) -> None:
    """Remove what killed processes left of the same folder."""
    for path in place.parent.iterdir():
        found = UNFINISHED.match(path.name)
        if found and found["name"] == place.name and not psutil.pid_exists(int(found["pid"])):
            shutil.rmtree(path, ignore_errors=True)
