"""What was found in the episodes, by kind and by page, as of any episode."""

from typing import Annotated, Any

import apsw
import msgspec

from projections.engine.records import columns, read
from projections.engine.route import LARGEST, EpisodeNumber
from projections.readmodels.behaviour_rules import KIND_NAMES


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """An episode that shows a behaviour worth teaching, with the evidence for it.

    `step` (from 1) is where in the episode the evidence begins, None where it is the whole episode.
    `beginner`: most actions of that episode were random, so that the behaviour was hardly chosen.
    """

    episode: int
    kind: str
    title: str
    evidence: str
    step: int | None
    beginner: bool


class BehaviourKind(msgspec.Struct, frozen=True, kw_only=True):
    """How many behaviours of a kind were found, `beginners` of them in episodes of mostly random actions."""

    kind: str
    name: str
    count: int
    beginners: int


class BehaviourPage(msgspec.Struct, frozen=True, kw_only=True):
    """Part of the behaviours found up to an episode.

    `kinds` counts all of them; `total` is the number of those that were asked for, and `found` is one page
    of these: behaviours that the agent chose first, then those of beginners, each the newest first.
    """

    kinds: list[BehaviourKind]
    total: int
    found: list[Behaviour]


def read_first_behaviours(connection: apsw.Connection) -> list[Behaviour]:
    """Of each kind the first behaviour that the agent chose, in the order of episodes."""
    first: dict[str, Behaviour] = {}
    for found in read(connection, Behaviour, "behaviours WHERE beginner = 0 ORDER BY episode, kind"):
        first.setdefault(found.kind, found)
    return list(first.values())


def read_behaviours(
    connection: apsw.Connection,
    episode: EpisodeNumber | None = None,
    kind: str | None = None,
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 50,
    offset: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)] = 0,
) -> BehaviourPage:
    """The behaviours found up to the end of `episode` (the newest one without it), all kinds or one."""
    until = episode if episode is not None else LARGEST
    counts: Any = connection.execute(
        "SELECT kind, count(*), sum(beginner) FROM behaviours WHERE episode <= ? GROUP BY kind", (until,)
    )
    kinds = [
        BehaviourKind(kind=name, name=KIND_NAMES.get(name, name), count=count, beginners=beginners)
        for name, count, beginners in counts
    ]
    kinds.sort(key=lambda found: (found.beginners - found.count, found.kind))
    rows: Any = connection.execute(
        f"SELECT {columns(Behaviour)} FROM behaviours WHERE episode <= ?1 AND kind = coalesce(?2, kind)"
        " ORDER BY beginner, episode DESC, kind LIMIT ?3 OFFSET ?4",
        (until, kind, limit, offset),
    )
    return BehaviourPage(
        kinds=kinds,
        total=sum(found.count for found in kinds if kind is None or found.kind == kind),
        found=[
            Behaviour(
                episode=at, kind=name, title=title, evidence=evidence, step=step, beginner=bool(beginner)
            )
            for at, name, title, evidence, step, beginner in rows
        ],
    )
