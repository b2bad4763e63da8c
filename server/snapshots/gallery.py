"""What the snapshot worker has made: the names of its files, and the `index.json` that the gallery reads.

Names and dates of the files carry everything, so that the index and the worker's schedule follow from the
folders at any time. The files are made in the other modules of this package.
"""

import os
import re
import stat
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import msgspec

from core.errors import StoreError
from server.snapshots.files import write_whole

INDEX_NAME = "index.json"
HISTORY = "history"
"""Folder of the pictures of history, in that of the snapshots."""
FINAL_EXPORT = "final_metrics.csv"
TIMESTAMP = "%Y%m%dT%H%M%SZ"

SCREENSHOT_NAME = re.compile(r"screenshot_(\d{8}T\d{6}Z)\.png")
GIF_NAME = re.compile(r"novelty_ep(\d{1,12})-(\d{1,12})\.gif")
HISTORY_NAME = re.compile(r"history_ep(\d{1,12})_([a-z-]{1,20})_(light|dark)_(\d{1,5})x(\d{1,5})\.png")
EXPORT_NAME = re.compile(r"metrics_(\d{8}T\d{6}Z)\.csv")


class Screenshot(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of the dashboard; `taken_at` in Unix seconds."""

    name: str
    bytes: int
    taken_at: float


class NoveltyGif(msgspec.Struct, frozen=True, kw_only=True):
    """The novelty of the episodes `first` to `last`, a frame each; `made_at` in Unix seconds."""

    name: str
    bytes: int
    first: int
    last: int
    made_at: float


class HistoryPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of the past, made from history: the moment of `episode`, the part of the page `layer`."""

    name: str
    bytes: int
    episode: int
    layer: str
    theme: str


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """The table `episodes` as CSV, as of `made_at` (Unix seconds); `final`: of the completed run."""

    name: str
    bytes: int
    made_at: float
    final: bool


class Gallery(msgspec.Struct, frozen=True, kw_only=True):
    """All files, oldest first. `paused` says why nothing is written at present, else None."""

    updated_at: float
    screenshots: list[Screenshot] = []
    gifs: list[NoveltyGif] = []
    history: list[HistoryPicture] = []
    exports: list[Export] = []
    paused: str | None = None


Entry: TypeAlias = Screenshot | NoveltyGif | HistoryPicture | Export


def screenshot_name(taken_at: float) -> str:
    """The file name of a screenshot taken at `taken_at`, Unix seconds, in UTC."""
    return f"screenshot_{_timestamp(taken_at)}.png"


def gif_name(first: int, last: int) -> str:
    """The file name of the novelty GIF of the episodes `first` to `last`."""
    return f"novelty_ep{first}-{last}.gif"


def history_name(episode: int, layer: str, theme: str, size: tuple[int, int]) -> str:
    """The file name of a picture of the past, `size` (width, height) in pixels."""
    return f"history_ep{episode}_{layer}_{theme}_{size[0]}x{size[1]}.png"


def export_name(made_at: float) -> str:
    """The file name of an export made at `made_at`, Unix seconds, in UTC."""
    return f"metrics_{_timestamp(made_at)}.csv"


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(TIMESTAMP)


def _seconds(timestamp: str) -> float:
    return datetime.strptime(timestamp, TIMESTAMP).replace(tzinfo=UTC).timestamp()


def read_snapshot(path: Path) -> Screenshot | NoveltyGif | None:
    """What a file in the folder of snapshots is; None where its name is none of ours, or it is gone."""
    status = _status(path)
    if status is None:
        return None
    if match := SCREENSHOT_NAME.fullmatch(path.name):
        return Screenshot(name=path.name, bytes=status.st_size, taken_at=_seconds(match[1]))
    if match := GIF_NAME.fullmatch(path.name):
        return NoveltyGif(
            name=path.name,
            bytes=status.st_size,
            first=int(match[1]),
            last=int(match[2]),
            made_at=status.st_mtime,
        )
    return None


def read_picture(path: Path) -> HistoryPicture | None:
    """What a file in the folder of history is; None where its name is none of ours, or it is gone."""
    status, match = _status(path), HISTORY_NAME.fullmatch(path.name)
    if status is None or match is None:
        return None
    return HistoryPicture(
        name=path.name, bytes=status.st_size, episode=int(match[1]), layer=match[2], theme=match[3]
    )


def read_export(path: Path) -> Export | None:
    """What a file in the folder of exports is; None where its name is none of ours, or it is gone."""
    status = _status(path)
    if status is None:
        return None
    if match := EXPORT_NAME.fullmatch(path.name):
        return Export(name=path.name, bytes=status.st_size, made_at=_seconds(match[1]), final=False)
    if path.name == FINAL_EXPORT:
        return Export(name=path.name, bytes=status.st_size, made_at=status.st_mtime, final=True)
    return None


def gallery_of(entries: Iterable[Entry], now: float, paused: str | None = None) -> Gallery:
    """The gallery of some files, oldest first, at `now` (Unix seconds)."""
    found = list(entries)
    return Gallery(
        updated_at=now,
        screenshots=sorted((e for e in found if isinstance(e, Screenshot)), key=lambda e: e.taken_at),
        gifs=sorted((e for e in found if isinstance(e, NoveltyGif)), key=lambda e: (e.first, e.last)),
        history=sorted(
            (e for e in found if isinstance(e, HistoryPicture)), key=lambda e: (e.episode, e.name)
        ),
        exports=sorted((e for e in found if isinstance(e, Export)), key=lambda e: e.made_at),
        paused=paused,
    )


def _status(path: Path) -> os.stat_result | None:
    """The file's size and date; None for a folder, and for a file that somebody has just deleted."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def write_index(snapshots: Path, gallery: Gallery) -> None:
    """Put `index.json` into the folder of the snapshots.

    Raises:
        StoreError: it cannot be written.
    """
    write_whole(snapshots / INDEX_NAME, msgspec.json.encode(gallery))


def read_index(snapshots: Path) -> Gallery:
    """The gallery as the worker wrote it last; an empty one before the first file.

    Raises:
        StoreError: the index cannot be read or is damaged.
    """
    path = snapshots / INDEX_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Gallery)
    except FileNotFoundError:
        return Gallery(updated_at=0.0)
    except (OSError, msgspec.DecodeError) as error:
        # without the folder, because every viewer of the gallery can read the text
        why = error.strerror if isinstance(error, OSError) else error
        raise StoreError(
            f"{path.name}: cannot be read ({why}); the snapshot worker writes it again"
        ) from error
