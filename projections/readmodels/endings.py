"""How episodes end: causes over the run, and the distribution of survival before and after the move.

Queries over the tables of the read model `episodes`; no tables of its own.
"""

from typing import Annotated, Any

import apsw
import msgspec

from core.definitions import RECOVERY_EPISODES
from projections.engine.route import EpisodeNumber, route
from projections.pyramid import level_for
from projections.readmodels.run import read_world

LIMIT = "limit"
"""Cause of an episode that reached the step limit."""

MAX_BINS = 100


class Causes(msgspec.Struct, frozen=True, kw_only=True):
    """What ended the episodes of a run, column by column.

    Point i covers the episodes `first[i]` to `last[i]`. `episodes` gives how many of them each cause ended:
    the name of a vital meter, or "limit" for the step limit. A vital meter that ended none is there too.
    `resolution` is the number of episodes per point.
    """

    resolution: int
    first: list[int]
    last: list[int]
    episodes: dict[str, list[int]]


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """Survival of the episodes `first` to `last`: `episodes[i]` of them fall into bin i; `mean` in steps."""

    name: str
    first: int
    last: int
    mean: float
    episodes: list[int]


class SurvivalHistograms(msgspec.Struct, frozen=True, kw_only=True):
    """Distributions of survival with the same bins.

    Bin i holds the survival times from `edges[i]` to `edges[i + 1] - 1`, in steps. After a move `groups` has
    the episodes before it, right after it and the newest; without a move the first and the newest. A group
    has at most 500 episodes; no two groups share an episode, so a young run has fewer groups.
    """

    edges: list[int]
    groups: list[Histogram]


def read_causes(
    connection: apsw.Connection,
    first: EpisodeNumber | None = None,
    last: EpisodeNumber | None = None,
    points: Annotated[int, msgspec.Meta(ge=2, le=2_000)] = 200,
) -> Causes:
    """What ended the episodes from `first` to `last`, in at most `points` points."""
    newest = connection.execute("SELECT max(episode_id) FROM episode_details").get or 0
    first, last = max(1, first or 1), min(newest, last if last is not None else newest)
    world = read_world(connection)
    if last < first or world is None:
        return Causes(resolution=1, first=[], last=[], episodes={})
    level = level_for(last - first + 1, points)
    from_block, to_block = (first - 1) >> level, (last - 1) >> level
    rows: list[Any] = connection.execute(
        f"SELECT (episode_id - 1) >> {level}, cause, count(*) FROM episode_details"
        " WHERE episode_id BETWEEN ? AND ? GROUP BY 1, 2",
        ((from_block << level) + 1, (to_block + 1) << level),
    ).fetchall()
    blocks = range(from_block, to_block + 1)
    episodes = {cause: [0] * len(blocks) for cause in (*world.vital_meters, LIMIT)}
    for block, cause, count in rows:
        episodes.setdefault(cause, [0] * len(blocks))[block - from_block] = count
    return Causes(
        resolution=1 << level,
        first=[(block << level) + 1 for block in blocks],
        last=[min((block + 1) << level, newest) for block in blocks],
        episodes=episodes,
    )


def read_survival_histograms(
    connection: apsw.Connection,
    episode: EpisodeNumber | None = None,
    bins: Annotated[int, msgspec.Meta(ge=2, le=MAX_BINS)] = 25,
) -> SurvivalHistograms | None:
    """The distributions of survival as of `episode`, or of the whole run; None before the first episode."""
    newest = connection.execute("SELECT max(episode_id) FROM episodes").get or 0
    world = read_world(connection)
    if world is None or newest == 0:
        return None
    last = min(newest, episode if episode is not None else newest)
    longest = world.max_steps
    edges = sorted({1 + longest * number // bins for number in range(bins + 1)})
    return SurvivalHistograms(
        edges=edges,
        groups=[
            _histogram(connection, name, first, until, edges)
            for name, first, until in _groups(_moved_at(connection, last), last)
        ],
    )


def _moved_at(connection: apsw.Connection, last: int) -> int | None:
    """The last episode before the affordances were moved, None if that is not before episode `last`."""
    value = connection.execute(
        "SELECT value FROM system_state WHERE key = 'affordance_randomization_episode'"
    ).get
    return int(value) if value is not None and int(value) < last else None


def _groups(moved_at: int | None, last: int) -> list[tuple[str, int, int]]:
    """(name, first, last) of the groups of episodes to compare as of episode `last`."""
    size = RECOVERY_EPISODES
    if moved_at is None:
        half = max(1, min(size, last // 2))
        return [("first", 1, half), ("newest", last - half + 1, last)] if last > 1 else [("first", 1, 1)]
    soon = min(moved_at + size, last)
    groups = [
        ("before the move", max(1, moved_at - size + 1), moved_at),
        ("after the move", moved_at + 1, soon),
    ]
    if last > soon:
        groups.append(("newest", max(soon + 1, last - size + 1), last))
    return groups


def _histogram(connection: apsw.Connection, name: str, first: int, last: int, edges: list[int]) -> Histogram:
    rows: list[tuple[Any, ...]] = connection.execute(
        "SELECT survival_time FROM episodes WHERE episode_id BETWEEN ? AND ?", (first, last)
    ).fetchall()
    counts = [0] * (len(edges) - 1)
    top = len(counts) - 1
    for (survival,) in rows:
        counts[max(0, min(top, sum(edge <= survival for edge in edges) - 1))] += 1
    mean = sum(survival for (survival,) in rows) / max(1, len(rows))
    return Histogram(name=name, first=first, last=last, mean=mean, episodes=counts)


ROUTES = (route("causes", read_causes), route("survival_histograms", read_survival_histograms))
