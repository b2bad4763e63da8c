"""The pictures of a run, which the success criteria count beside what is in the log."""

from collections.abc import Sequence

import msgspec


class Captures(msgspec.Struct, frozen=True, kw_only=True):
    """The pictures that the snapshot worker has made: files, which the log does not know.

    `screenshots` are the times at which they were taken, Unix seconds; `gifs` the last episode of each;
    `history` the episodes of the screenshots that were made afterwards, from history.
    """

    screenshots: Sequence[float]
    gifs: Sequence[int]
    history: Sequence[int] = ()
