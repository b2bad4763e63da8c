"""The worker's list of the files it has made, kept up to date without listing the folders for every file."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from server.snapshots.gallery import (
    HISTORY,
    Entry,
    Gallery,
    gallery_of,
    read_export,
    read_picture,
    read_snapshot,
)

RELIST_SECONDS = 300.0
"""After so long a folder is listed again, whatever is known of it."""


class Catalogue:
    """The files in the folders of snapshots and exports.

    A folder is listed when another process has changed it (`--once` beside a running worker, or an operator),
    which its modification time says; a file of our own costs one `stat`.
    """

    def __init__(self, snapshots: Path, exports: Path) -> None:
        self._folders = {
            snapshots: _Folder(snapshots, read_snapshot),
            snapshots / HISTORY: _Folder(snapshots / HISTORY, read_picture),
            exports: _Folder(exports, read_export),
        }

    def gallery(self, now: float, paused: str | None = None) -> Gallery:
        """What there is at `now` (Unix seconds), oldest first."""
        entries: list[Entry] = []
        for folder in self._folders.values():
            entries += folder.current()
        return gallery_of(entries, now, paused)

    def add(self, path: Path) -> None:
        """Record a file that we have just written."""
        self._folders[path.parent].add(path)

    def delete(self, folder: Path, names: Iterable[str]) -> None:
        """Delete files of a folder."""
        self._folders[folder].delete(names)


class _Folder:
    def __init__(self, path: Path, read_entry: Callable[[Path], Entry | None]) -> None:
        self._path = path
        self._read_entry = read_entry
        self._entries: dict[str, Entry] = {}
        self._changed_at: int | None = None
        self._listed_at = float("-inf")

    def current(self) -> Iterable[Entry]:
        if self._modified() != self._changed_at or time.monotonic() - self._listed_at > RELIST_SECONDS:
            self._list()
        return self._entries.values()

    def add(self, path: Path) -> None:
        entry = self._read_entry(path)
        if entry is not None:
            self._entries[path.name] = entry
        self._changed_at = self._modified()

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            (self._path / name).unlink(missing_ok=True)
            self._entries.pop(name, None)
        self._changed_at = self._modified()

    def _list(self) -> None:
        self._changed_at, self._listed_at = self._modified(), time.monotonic()
        paths = self._path.iterdir() if self._path.is_dir() else ()
        entries = ((path.name, self._read_entry(path)) for path in paths)
        self._entries = {name: entry for name, entry in entries if entry is not None}

    def _modified(self) -> int | None:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return None
