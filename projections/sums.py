"""Exact sums from the beginning of a run, by keyframe and remainder: how a window of history costs O(log n).

A keyframe holds the sum over all episodes up to its own; a sum up to any episode is the keyframe before it
plus fewer than `KEYFRAME_EVERY` single episodes. Nothing here knows what a dashboard shows.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

KEYFRAME_EVERY = 64
"""Episodes between two keyframes: 1 KB per 64 episodes, at most 63 rows to add up."""

NOVELTY_UNIT = 2.0**-24
"""The smallest step of a float16; novelty is summed in whole multiples of it, so that sums are exact."""


def as_fixed_point(rows: Sequence[tuple[Any, ...]], cells: int) -> npt.NDArray[np.int64]:
    """Sum rows of (visits as uint16 `[cells]`, novelty as float16 `[cells]`) to int64 `[2, cells]`."""
    if not rows:
        return np.zeros((2, cells), np.int64)
    visits = np.frombuffer(b"".join(row[0] for row in rows), "<u2").reshape(-1, cells)
    novelty = np.frombuffer(b"".join(row[1] for row in rows), "<f2").reshape(-1, cells)
    fixed = np.nan_to_num(novelty.astype(np.float64)) / NOVELTY_UNIT
    return np.stack([visits.sum(0, dtype=np.int64), fixed.astype(np.int64).sum(0)])


Edge = tuple[str, str]
EdgeSums = dict[Edge, tuple[int, int, int, int]]
"""(source, target) → (uses, sum of uses · episode, first episode, last episode)."""


def add_edges(before: EdgeSums, after: EdgeSums) -> EdgeSums:
    """Sums over two stretches of episodes, the second one after the first."""
    total = dict(before)
    for edge, (uses, weighted, first, last) in after.items():
        if edge in total:
            old_uses, old_weighted, old_first, _ = total[edge]
            total[edge] = (old_uses + uses, old_weighted + weighted, old_first, last)
        else:
            total[edge] = (uses, weighted, first, last)
    return total


def write_edges(edges: EdgeSums) -> str:
    """As the keyframe's JSON, in alphabetical order."""
    return msgspec.json.encode([(*edge, *edges[edge]) for edge in sorted(edges)]).decode()


def read_edges(text: str) -> EdgeSums:
    """Inverse of `write_edges`."""
    rows = msgspec.json.decode(text, type=list[tuple[str, str, int, int, int, int]])
    return {(row[0], row[1]): row[2:] for row in rows}
