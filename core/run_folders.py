"""The run directories below a folder (`--runs DIR`): which there are, and what each is called.

A run directory is a folder with an `events.db` or a `demo_state.db`. Archives of runs are found beside them.
Only names are read here.
"""

import os
from pathlib import Path

import msgspec

from core.archives import ARCHIVE_SUFFIX, refuse_archive
from core.errors import ConfigError
from core.run_directory import EVENTS_NAME, READ_MODEL_NAME, RunDirectory, in_folder

__all__ = ["Found", "RunFolder", "find_all", "find_runs", "require_folder"]

DEEPEST = 4
"""Levels below the folder: `producer branch --futures` makes two, a sweep of branches three."""
NOT_SEARCHED = frozenset({"attempts", "checkpoints", "snapshots", "exports", "node_modules"})
"""Folders that hold no run directories, but many files; folders whose name begins with a dot as well."""


class RunFolder(msgspec.Struct, frozen=True):
    """A run directory below the folder of many; `name` is its path from there, with slashes."""

    name: str
    files: RunDirectory

    @property
    def path(self) -> Path:
        """The run directory itself."""
        return self.files.events.parent


class Found(msgspec.Struct, frozen=True):
    """What is in and below a folder: run directories, and the paths of archives from there, both by name."""

    runs: list[RunFolder]
    archives: list[str]


def require_folder(folder: Path) -> Path:
    """The folder of `--runs`, checked at the start of a process.

    Raises:
        ConfigError: there is no such folder, or it is a file.
    """
    if folder.is_file():
        refuse_archive(folder)
        raise ConfigError(f"--runs {folder}: a file; name the directory of the run directories")
    if not folder.is_dir():
        raise ConfigError(f"--runs {folder}: no such directory; make it first (mkdir -p {folder})")
    return folder


def find_runs(folder: Path) -> list[RunFolder]:
    """Every run directory in and below `folder`; see `find_all`."""
    return find_all(folder).runs


def find_all(folder: Path) -> Found:
    """Every run directory and archive in and below `folder`, at most `DEEPEST` levels down, sorted by name.

    A folder that cannot be read is left out, as is a second way to a folder by a symbolic link.
    """
    found, seen = Found([], []), set[tuple[int, int]]()
    _search(folder, folder, 0, found, seen)
    return Found(sorted(found.runs, key=lambda run: run.name), sorted(found.archives))


def _search(top: Path, folder: Path, depth: int, found: Found, seen: set[tuple[int, int]]) -> None:
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    if any(entry.name in (EVENTS_NAME, READ_MODEL_NAME) for entry in listed):
        name = folder.name if folder == top else folder.relative_to(top).as_posix()
        found.runs.append(RunFolder(name, in_folder(folder)))
    found.archives.extend(
        (folder / entry.name).relative_to(top).as_posix()
        for entry in listed
        if entry.name.endswith(ARCHIVE_SUFFIX) and not entry.name.startswith(".") and entry.is_file()
    )
    if depth == DEEPEST:
        return
    for entry in listed:
        if entry.name in NOT_SEARCHED or entry.name.startswith("."):
            continue
        if entry.is_dir():
            _search(top, folder / entry.name, depth + 1, found, seen)
