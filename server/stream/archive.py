"""The recordings beside a stream: how much they take, and which of them are deleted to stay in the budget."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

SEGMENTS = "hamlet-*.mkv"


class Recording(msgspec.Struct, frozen=True):
    """A file of the archive; its name says when it began."""

    name: str
    bytes: int


def read_archive(folder: Path) -> list[Recording]:
    """All recordings, oldest first."""
    found = []
    for path in sorted(folder.glob(SEGMENTS)):
        try:
            found.append(Recording(path.name, path.stat().st_size))
        except FileNotFoundError:
            continue
    return found


def to_delete(recordings: Sequence[Recording], budget: int, missing: int) -> list[Recording]:
    """The oldest recordings that are over the `budget`, or stand in the way of `missing` bytes of free disk.

    The newest one is being written and stays.
    """
    over = max(sum(recording.bytes for recording in recordings) - budget, missing)
    chosen: list[Recording] = []
    for recording in recordings[:-1]:
        if over <= 0:
            break
        chosen.append(recording)
        over -= recording.bytes
    return chosen
