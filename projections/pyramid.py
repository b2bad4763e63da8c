"""The arithmetic of long series: a pyramid of power-of-two blocks with low, sum and high of every metric.

Block b of level l covers the episodes b·2^l + 1 to (b + 1)·2^l. A block is written once, when its last
episode is finished, and never changes, so a drawn series does not jump as points arrive. No SQL here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

METRICS = (
    "survival_time",
    "total_reward",
    "extrinsic_reward",
    "intrinsic_reward",
    "intrinsic_weight",
    "curriculum_stage",
    "epsilon",
)
LEAF_LEVEL = 3
"""Level of the smallest stored blocks; below it the episodes themselves are read."""

Summary = npt.NDArray[np.float64]
"""`[3, metrics]`: low, sum, high, in the units of the metrics."""


def levels_ending_at(episode: int) -> Iterator[tuple[int, int]]:
    """(level, block) of every stored block whose last episode this is, smallest first."""
    level = LEAF_LEVEL
    while episode % (1 << level) == 0:
        yield level, (episode >> level) - 1
        level += 1


def leaf(rows: Sequence[Sequence[Any]]) -> Summary:
    """Summarise episodes, `[episodes][metrics]`."""
    values = np.array(rows, np.float64)
    return np.stack([values.min(0), values.sum(0), values.max(0)])


def combine(blocks: Sequence[Summary]) -> Summary:
    """Summary of neighbouring blocks together."""
    stacked = np.stack(blocks)
    return np.stack([stacked[:, 0].min(0), stacked[:, 1].sum(0), stacked[:, 2].max(0)])


def pack(summary: Summary) -> bytes:
    """As little-endian float64."""
    return summary.astype("<f8").tobytes()


def unpack(packed: bytes) -> Summary:
    """Inverse of `pack`; of several packed summaries together, one below the other."""
    return np.frombuffer(packed, "<f8").reshape(-1, len(METRICS))


def level_for(episodes: int, points: int) -> int:
    """The finest level at which so many episodes take at most `points` points, partial blocks included."""
    level = 0
    while (episodes >> level) + 2 > points and level < 62:
        level += 1
    return level if episodes > points else 0
