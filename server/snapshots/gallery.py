"""What the snapshot worker has made: the names of its files, and the `index.json` that the gallery reads.

Names carry all there is to know, so that the index, and the worker's schedule, can be had from the folders
at any time. Making the files is the business of the other modules here.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from core.errors import StoreError
from server.snapshots.files import write_whole

INDEX_NAME = "index.json"
FINAL_EXPORT = "final_metrics.csv"
TIMESTAMP = "%Y%m%dT%H%M%SZ"

SCREENSHOT_NAME = re.compile(r"screenshot_(\d{8}T\d{6}Z)\.png")
GIF_NAME = re.compile(r"novelty_ep(\d{1,12})-(\d{1,12})\.gif")
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


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """The table `episodes` as CSV, as of `made_at` (Unix seconds); `final`: of the completed run."""

    name: str
    bytes: int
    made_at: float
    final: bool


class Gallery(msgspec.Struct, frozen=True, kw_only=True):
    """All there is, oldest first. `paused` says why nothing is written at present, None when all is well."""

    updated_at: float
    screenshots: list[Screenshot] = []
    gifs: list[NoveltyGif] = []
    exports: list[Export] = []
    paused: str | None = None


def screenshot_name(taken_at: float) -> str:
    """The file name of a screenshot taken at `taken_at`, Unix seconds, in UTC."""
    return f"screenshot_{_timestamp(taken_at)}.png"


def gif_name(first: int, last: int) -> str:
    """The file name of the novelty GIF of the episodes `first` to `last`."""
    return f"novelty_ep{first}-{last}.gif"


def export_name(made_at: float) -> str:
    """The file name of an export made at `made_at`, Unix seconds, in UTC."""
    return f"metrics_{_timestamp(made_at)}.csv"


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(TIMESTAMP)


def _seconds(timestamp: str) -> float:
    return datetime.strptime(timestamp, TIMESTAMP).replace(tzinfo=UTC).timestamp()


def survey(snapshots: Path, exports: Path, now: float, paused: str | None = None) -> Gallery:
    """What lies in the two folders; a folder that does not exist yet is empty."""
    screenshots, gifs, csvs = [], [], []
    for path in _files(snapshots):
        status = path.stat()
        if match := SCREENSHOT_NAME.fullmatch(path.name):
            screenshots.append(Screenshot(name=path.name, bytes=status.st_size, taken_at=_seconds(match[1])))
        elif match := GIF_NAME.fullmatch(path.name):
            gifs.append(
                NoveltyGif(
                    name=path.name,
                    bytes=status.st_size,
                    first=int(match[1]),
                    last=int(match[2]),
                    made_at=status.st_mtime,
                )
            )
    for path in _files(exports):
        status = path.stat()
        if match := EXPORT_NAME.fullmatch(path.name):
            csvs.append(Export(name=path.name, bytes=status.st_size, made_at=_seconds(match[1]), final=False))
        elif path.name == FINAL_EXPORT:
            csvs.append(Export(name=path.name, bytes=status.st_size, made_at=status.st_mtime, final=True))
    return Gallery(
        updated_at=now,
        screenshots=sorted(screenshots, key=lambda picture: picture.taken_at),
        gifs=sorted(gifs, key=lambda gif: (gif.first, gif.last)),
        exports=sorted(csvs, key=lambda export: export.made_at),
        paused=paused,
    )


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def write_index(snapshots: Path, gallery: Gallery) -> None:
    """Put `index.json` into the folder of the snapshots.

    Raises:
        StoreError: it cannot be written.
    """
    write_whole(snapshots / INDEX_NAME, msgspec.json.encode(gallery))


def read_index(snapshots: Path) -> Gallery:
    """The gallery as the worker last left it; an empty one when it has not written any yet.

    Raises:
        StoreError: the index cannot be read or is damaged.
    """
    path = snapshots / INDEX_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Gallery)
    except FileNotFoundError:
        return Gallery(updated_at=0.0)
    except (OSError, msgspec.DecodeError) as error:
        # no folder in it: every viewer of the gallery reads this
        why = error.strerror if isinstance(error, OSError) else error
        raise StoreError(
            f"{path.name}: cannot be read ({why}); the snapshot worker will write it anew"
        ) from error
