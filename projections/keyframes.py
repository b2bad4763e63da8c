"""Exact sums over the episodes from the beginning of a run, at a cost of O(log n).

A keyframe holds the sum over all episodes up to its own. The sum up to any episode is the keyframe before
the episode plus fewer than `KEYFRAME_EVERY` single episodes, and the sum over a window of episodes is the
difference of two such sums. Handlers and query functions add up in the same way: `Sums` says how.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from projections.engine.records import Query

KEYFRAME_EVERY = 64
"""Episodes between two keyframes; at most 63 single episodes remain to be added up."""

AnySum = TypeVar("AnySum")


class Sums(msgspec.Struct, Generic[AnySum], frozen=True, kw_only=True):
    """How one kind of sum is stored and added.

    `table` has the columns `episode_id` and `sums`. `of_episodes(query, first, last)` adds up single
    episodes; `pack` and `unpack` translate between a sum and the column `sums`.
    """

    table: str
    zero: AnySum
    of_episodes: Callable[[Query, int, int], AnySum]
    add: Callable[[AnySum, AnySum], AnySum]
    pack: Callable[[AnySum], Any]
    unpack: Callable[[Any], AnySum]


def sum_up_to(sums: Sums[AnySum], query: Query, episode: int) -> AnySum:
    """The sum over all episodes from 1 to `episode`."""
    rows = query(
        f"SELECT episode_id, sums FROM {sums.table} WHERE episode_id <= ? ORDER BY episode_id DESC LIMIT 1",
        (episode,),
    )
    since, total = (rows[0][0], sums.unpack(rows[0][1])) if rows else (0, sums.zero)
    if since == episode:
        return total
    return sums.add(total, sums.of_episodes(query, since + 1, episode))


def keyframe(sums: Sums[AnySum], query: Query, episode: int) -> tuple[str, tuple[int, Any]] | None:
    """The INSERT of the keyframe that is due at `episode`, with its parameters; None where none is due."""
    if episode % KEYFRAME_EVERY:
        return None
    packed = sums.pack(sum_up_to(sums, query, episode))
    return f"INSERT INTO {sums.table} VALUES (?, ?)", (episode, packed)
