"""A metric over any stretch of episodes in at most so many points, from the pyramid."""

from collections.abc import Iterator

import apsw

from core.errors import HamletError
from projections.pyramid import LEAF_LEVEL, METRICS, Summary, combine, leaf, level_for, unpack
from projections.views import Series

MAX_POINTS = 2_000


class QueryError(HamletError):
    """A question that makes no sense; the message says what would."""

    exit_code = 64


def series(
    connection: apsw.Connection,
    metric: str,
    first: int | None = None,
    last: int | None = None,
    points: int = MAX_POINTS,
) -> Series:
    """`metric` from episode `first` to `last`, at most `points` points; see `views.Series`.

    Points are the pyramid's blocks, so neighbouring zooms share them; the blocks at both ends may reach beyond
    `first`, and the newest is complete only when its last episode is finished.

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
    if level == 0:
        rows = connection.execute(
            f"SELECT episode_id, {metric} FROM episodes WHERE episode_id BETWEEN ? AND ? ORDER BY episode_id",
            (first, last),
        ).fetchall()
        episodes, values = [row[0] for row in rows], [float(row[1]) for row in rows]
        return Series(
            metric=metric, resolution=1, first=episodes, last=episodes, mean=values, low=values, high=values
        )
    column = METRICS.index(metric)
    result = Series(metric=metric, resolution=1 << level, first=[], last=[], mean=[], low=[], high=[])
    for block_first, block_last, summary in _blocks(connection, level, first, last, newest):
        low, total, high = summary[:, column]
        result.first.append(block_first)
        result.last.append(block_last)
        result.low.append(float(low))
        result.mean.append(float(total) / (block_last - block_first + 1))
        result.high.append(float(high))
    return result


def _blocks(
    connection: apsw.Connection, level: int, first: int, last: int, newest: int
) -> Iterator[tuple[int, int, Summary]]:
    """Every block of `level` that touches `first` to `last`, the one still growing included."""
    from_block, to_block = (first - 1) >> level, (last - 1) >> level
    complete = dict(_stored(connection, level, from_block, to_block))
    for block in range(from_block, to_block + 1):
        begin, end = (block << level) + 1, min((block + 1) << level, newest)
        summary = complete.get(block)
        yield begin, end, summary if summary is not None else _summarise(connection, begin, end)


def _stored(
    connection: apsw.Connection, level: int, from_block: int, to_block: int
) -> Iterator[tuple[int, Summary]]:
    if level >= LEAF_LEVEL:
        for block, packed in connection.execute(
            "SELECT block, summary FROM series_blocks WHERE level = ? AND block BETWEEN ? AND ?",
            (level, from_block, to_block),
        ):
            yield block, unpack(packed)
        return
    grouped: dict[int, list[tuple[float, ...]]] = {}
    for episode, *values in connection.execute(
        f"SELECT episode_id, {', '.join(METRICS)} FROM episodes WHERE episode_id BETWEEN ? AND ?"
        " ORDER BY episode_id",
        ((from_block << level) + 1, (to_block + 1) << level),
    ):
        grouped.setdefault((episode - 1) >> level, []).append(tuple(values))
    for block, rows in grouped.items():
        yield block, leaf(rows)


def _summarise(connection: apsw.Connection, first: int, last: int) -> Summary:
    """Episodes `first` to `last`, `first` - 1 a multiple of a large power of two: the largest blocks inside."""
    parts: list[Summary] = []
    at = first
    while at <= last:
        level = LEAF_LEVEL
        while (at - 1) % (2 << level) == 0 and at - 1 + (2 << level) <= last:
            level += 1
        packed = connection.execute(
            "SELECT summary FROM series_blocks WHERE level = ? AND block = ?", (level, (at - 1) >> level)
        ).get
        if packed is not None and at - 1 + (1 << level) <= last:
            parts.append(unpack(packed))
            at += 1 << level
        else:
            rows = connection.execute(
                f"SELECT {', '.join(METRICS)} FROM episodes WHERE episode_id BETWEEN ? AND ?", (at, last)
            ).fetchall()
            parts.append(leaf(rows))
            at = last + 1
    return combine(parts)
