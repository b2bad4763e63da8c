"""Series: a metric over any range of episodes in a limited number of points, from the pyramid.

The read model `episodes` stores the blocks of the pyramid.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import apsw
import msgspec

from projections.engine.route import EpisodeNumber, QueryError
from projections.pyramid import LEAF_LEVEL, METRICS, Summary, combine, leaf, level_for, unpack

MAX_POINTS = 2_000


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A metric over episodes, column by column, at most 2,000 points, exact when zoomed in.

    Each point covers the episodes `first[i]` to `last[i]` (the same one when exact) with their mean, min and
    max. `resolution` is the number of episodes per point, a power of two, 1 when exact.
    """

    metric: str
    resolution: int
    first: list[int]
    last: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]


def read_series(
    connection: apsw.Connection,
    metric: Annotated[str, msgspec.Meta(max_length=64)],
    first: EpisodeNumber | None = None,
    last: EpisodeNumber | None = None,
    points: Annotated[int, msgspec.Meta(ge=2, le=MAX_POINTS)] = MAX_POINTS,
) -> Series:
    """A metric from episode `first` to `last` in at most `points` points.

    Points are the pyramid's blocks, so neighbouring zooms share them; the blocks at both ends may reach
    beyond `first`, and the newest is complete only when its last episode is finished.

    Raises:
        QueryError: no such metric, or a number of points that is not 2 to 2,000.
    """
    if metric not in METRICS:
        raise QueryError(f"no metric {metric!r}; the metrics are {', '.join(METRICS)}")
    if not 2 <= points <= MAX_POINTS:
        raise QueryError(f"points is {points}; give 2 to {MAX_POINTS}")
    newest = connection.execute("SELECT max(episode_id) FROM episodes").get or 0
    first, last = max(1, first or 1), min(newest, last if last is not None else newest)
    empty = Series(metric=metric, resolution=1, first=[], last=[], mean=[], low=[], high=[])
    if last < first:
        return empty
    level = level_for(last - first + 1, points)
    if level < LEAF_LEVEL:
        found = _from_episodes(connection, metric, level, first, last, newest)
    else:
        found = _from_blocks(connection, metric, level, first, last, newest)
    result = msgspec.structs.replace(empty, resolution=1 << level)
    for block, low, total, high in found:
        begin, end = (block << level) + 1, min((block + 1) << level, newest)
        result.first.append(begin)
        result.last.append(end)
        result.low.append(low)
        result.mean.append(total / (end - begin + 1))
        result.high.append(high)
    return result


Block = tuple[int, float, float, float]
"""(number of the block, low, sum, high)."""


def _from_episodes(
    connection: apsw.Connection, metric: str, level: int, first: int, last: int, newest: int
) -> Iterator[Block]:
    """Small blocks, made from the episodes themselves."""
    rows: Iterable[tuple[Any, ...]] = connection.execute(
        f"SELECT (episode_id - 1) >> {level}, min({metric}), total({metric}), max({metric}) FROM episodes"
        " WHERE episode_id BETWEEN ? AND ? GROUP BY 1 ORDER BY 1",
        ((((first - 1) >> level) << level) + 1, min(newest, (((last - 1) >> level) + 1) << level)),
    )
    for block, low, total, high in rows:
        yield block, float(low), total, float(high)


def _from_blocks(
    connection: apsw.Connection, metric: str, level: int, first: int, last: int, newest: int
) -> Iterator[Block]:
    """Every stored block of `level` that touches `first` to `last`, and the one still growing."""
    column = METRICS.index(metric)
    from_block, to_block = (first - 1) >> level, (last - 1) >> level
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT block, summary FROM series_blocks WHERE level = ? AND block BETWEEN ? AND ? ORDER BY block",
        (level, from_block, to_block),
    ).fetchall()
    summaries = unpack(b"".join(packed for _, packed in rows)).reshape(-1, 3, len(METRICS))[:, :, column]
    for (block, _), (low, total, high) in zip(rows, summaries.tolist(), strict=True):
        yield block, low, total, high
    if newest < (to_block + 1) << level:
        low, total, high = _unfinished(connection, (to_block << level) + 1, newest)[:, column].tolist()
        yield to_block, low, total, high


def _unfinished(connection: apsw.Connection, first: int, last: int) -> Summary:
    """The block that is still growing, `first` to `last`, put together from the largest blocks inside it."""
    parts: list[Summary] = []
    at = first
    while at <= last:
        level = (last - at + 1).bit_length() - 1
        while (at - 1) % (1 << level):
            level -= 1
        if level < LEAF_LEVEL:
            rows: list[tuple[Any, ...]] = connection.execute(
                f"SELECT {', '.join(METRICS)} FROM episodes WHERE episode_id BETWEEN ? AND ?", (at, last)
            ).fetchall()
            parts.append(leaf(rows))
            break
        stored: Any = connection.execute(
            "SELECT summary FROM series_blocks WHERE level = ? AND block = ?", (level, (at - 1) >> level)
        ).get
        parts.append(unpack(stored))
        at += 1 << level
    return combine(parts)
