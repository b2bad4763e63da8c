"""The novelty of a town's cells inside events: one number for each cell, or for each block of cells.

A town of up to `MOST_VALUES` cells has one value a cell. In a larger town square blocks of cells share one
value, the mean of the cells that agents can enter, because every episode carries the map: with a value for
each of 4,096 cells the maps alone would be four times as large as the whole log of a town of 64 cells.
"""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["block_size", "in_blocks", "of_cells", "pack_novelty", "unpack_novelty"]

Number = TypeVar("Number", bound=np.number)

MOST_VALUES = 256
"""Values of a map, at most."""


def block_size(width: int, height: int) -> int:
    """Cells along the side of a block: the smallest number that makes `MOST_VALUES` blocks at most."""
    size = max(1, math.isqrt(width * height // MOST_VALUES))
    while math.ceil(width / size) * math.ceil(height / size) > MOST_VALUES:
        size += 1
    return size


def in_blocks(
    novelty: npt.NDArray[np.floating], width: int, height: int, closed: Sequence[int] = ()
) -> npt.NDArray[np.floating]:
    """The map `[values]`, block by block, of the novelty of each cell `[cells]`, row by row.

    The cells `closed` cannot be entered and do not count; a block of such cells only has 0.
    """
    size = block_size(width, height)
    if size == 1 and not closed:
        return novelty
    counted = np.ones(width * height)
    counted[list(closed)] = 0.0
    block = block_of_cells(width, height)
    sums = np.bincount(block, novelty * counted)
    return sums / np.maximum(np.bincount(block, counted), 1.0)


def of_cells(values: npt.NDArray[Number], width: int, height: int) -> npt.NDArray[Number]:
    """The value of each cell `[…, cells]`, row by row, from maps `[…, values]`."""
    return values if block_size(width, height) == 1 else values[..., block_of_cells(width, height)]


def block_of_cells(width: int, height: int) -> npt.NDArray[np.int64]:
    """The number of the block of each cell, `[cells]`, row by row; blocks are numbered likewise."""
    size = block_size(width, height)
    rows, columns = np.arange(height) // size, np.arange(width) // size
    return (rows[:, None] * math.ceil(width / size) + columns).ravel()


def pack_novelty(novelty: npt.ArrayLike) -> bytes:
    """Pack a map `[values]` as little-endian float16."""
    return np.asarray(novelty, np.float64).clip(0.0, 65504.0).astype("<f2").tobytes()


def unpack_novelty(packed: bytes) -> npt.NDArray[np.float32]:
    """Inverse of `pack_novelty`: float32 `[values]`."""
    return np.frombuffer(packed, "<f2").astype(np.float32)
