"""Long lists of episodes in few numbers: ranges of episodes that lie equally far apart."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

__all__ = ["EpisodeRange", "episode_ranges", "expand"]


class EpisodeRange(msgspec.Struct, frozen=True, kw_only=True):
    """The episodes `first`, `first + every`, and so on up to `last`."""

    first: int
    last: int
    every: int


def episode_ranges(episodes: Sequence[int], most: int) -> tuple[EpisodeRange, ...]:
    """`episodes` (rising, each once) in at most `most` ranges, `most` at least 2.

    Episodes that are too irregular for so few ranges are thinned out: every n-th is kept, and the newest.
    """
    ranges = tuple(_ranges(episodes))
    if len(ranges) <= most:
        return ranges
    apart = -(-len(episodes) // (most - 1))
    return tuple(_ranges(sorted({*episodes[::apart], episodes[-1]})))


def expand(ranges: Sequence[EpisodeRange]) -> list[int]:
    """The episodes of all `ranges`, in order."""
    return [episode for one in ranges for episode in range(one.first, one.last + 1, one.every)]


def _ranges(episodes: Sequence[int]) -> Iterator[EpisodeRange]:
    if not episodes:
        return
    first, every = episodes[0], 0
    for before, episode in pairwise(episodes):
        if every and episode - before != every:
            yield EpisodeRange(first=first, last=before, every=every)
            first, every = episode, 0
        else:
            every = episode - before
    yield EpisodeRange(first=first, last=episodes[-1], every=every or 1)
