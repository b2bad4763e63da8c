"""Two episodes that show what the move of the affordances did: one before, one after, from the same cell."""

from typing import Any

import apsw
import msgspec

from projections.engine.route import EpisodeNumber
from projections.readmodels.run import read_run

SEARCHED = 1_000
"""Episodes on either side of the move among which a pair is looked for."""


class EpisodePair(msgspec.Struct, frozen=True, kw_only=True):
    """Episode `before` ended before the move, episode `after` began after it.

    Both began on `start_cell` (y * width + x), None if no two episodes did; `same_agent` says whether one
    agent walked both. Of all such pairs it is the one nearest to the move, of the same agent if there is one.
    """

    before: int
    after: int
    start_cell: int | None
    same_agent: bool


def read_pair(connection: apsw.Connection, episode: EpisodeNumber | None = None) -> EpisodePair | None:
    """The pair around the move as of `episode` (the newest one without it); None if there is none yet."""
    run = read_run(connection)
    moved_at = run.randomization_episode if run is not None else None
    if moved_at is None:
        return None
    rows: Any = connection.execute(
        "SELECT episode_id, agent, start_cell FROM episode_details JOIN replay_paths"
        " USING (episode_id, attempt) WHERE episode_id BETWEEN ? AND ? ORDER BY episode_id",
        (moved_at - SEARCHED + 1, min(moved_at + SEARCHED, episode or moved_at + SEARCHED)),
    )
    before: list[tuple[int, int, int]] = []
    after: list[tuple[int, int, int]] = []
    seen: set[int] = set()
    for number, agent, cell in rows:
        if number <= moved_at:
            before.append((number, agent, cell))
        elif agent in seen:
            after.append((number, agent, cell))
        else:
            # The first episode of an agent that ended after the move had begun before it.
            seen.add(agent)
    if not before or not after:
        return None
    best = _nearest(before, after, by_agent=True) or _nearest(before, after, by_agent=False)
    if best is None:
        return EpisodePair(before=before[-1][0], after=after[0][0], start_cell=None, same_agent=False)
    return best


def _nearest(
    before: list[tuple[int, int, int]], after: list[tuple[int, int, int]], *, by_agent: bool
) -> EpisodePair | None:
    """The pair from the same cell (and of the same agent) with the fewest episodes between."""
    newest = {(agent if by_agent else None, cell): number for number, agent, cell in before}
    best: EpisodePair | None = None
    for number, agent, cell in after:
        found = newest.get((agent if by_agent else None, cell))
        if found is not None and (best is None or number - found < best.after - best.before):
            best = EpisodePair(before=found, after=number, start_cell=cell, same_agent=by_agent)
    return best
