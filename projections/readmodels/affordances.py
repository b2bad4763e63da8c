"""Which affordance followed which: the specification's `affordance_visits`, and windows of history."""

from collections import Counter
from itertools import pairwise
from typing import TypeAlias

import apsw
import msgspec

from core.definitions import WINDOW
from core.events import AffordancesUsed, RunResumed
from projections.engine.dataset import EPISODE, Column, table
from projections.engine.projector import EventMetadata, Part, Projector, handles
from projections.engine.records import Query, rows_of
from projections.engine.route import EpisodeNumber, route
from projections.keyframes import Sums, keyframe, sum_up_to
from projections.readmodels.run import read_world

EdgeSums: TypeAlias = dict[tuple[str, str], tuple[int, int, int, int]]
"""(source, target) → (uses, sum of uses · episode, first episode, last episode)."""


class GraphEdge(msgspec.Struct, frozen=True, kw_only=True):
    """Uses of `target` that came straight after a use of `source` in the same episode, within the window.

    `first_seen` and `last_seen` are the first and last episode of the whole run up to the window's end with
    that edge; `mean_episode` is the count-weighted mean episode of the edge in the window.
    """

    source: str
    target: str
    count: int
    first_seen: int
    last_seen: int
    mean_episode: float


class AffordanceGraph(msgspec.Struct, frozen=True, kw_only=True):
    """The graph over the episodes `first` to `last`; `nodes`: all affordances in the order of the world."""

    first: int
    last: int
    nodes: tuple[str, ...]
    edges: list[GraphEdge]


def add_edges(before: EdgeSums, after: EdgeSums) -> EdgeSums:
    """Sums over two ranges of episodes, the second one after the first."""
    total = dict(before)
    for edge, (uses, weighted, first, last) in after.items():
        if edge in total:
            old_uses, old_weighted, old_first, _ = total[edge]
            total[edge] = (old_uses + uses, old_weighted + weighted, old_first, last)
        else:
            total[edge] = (uses, weighted, first, last)
    return total


def pack_edges(edges: EdgeSums) -> str:
    """The sums as JSON, in alphabetical order."""
    return msgspec.json.encode([(*edge, *edges[edge]) for edge in sorted(edges)]).decode()


def unpack_edges(text: str) -> EdgeSums:
    """Inverse of `pack_edges`."""
    rows = msgspec.json.decode(text, type=list[tuple[str, str, int, int, int, int]])
    return {(row[0], row[1]): row[2:] for row in rows}


def _sums_of_episodes(query: Query, first: int, last: int) -> EdgeSums:
    rows = query(
        "SELECT from_affordance, to_affordance, sum(visit_count), sum(visit_count * episode_id),"
        " min(episode_id), max(episode_id) FROM affordance_visits"
        " WHERE episode_id BETWEEN ? AND ? GROUP BY 1, 2",
        (first, last),
    )
    return {(row[0], row[1]): (row[2], row[3], row[4], row[5]) for row in rows}


EDGE_SUMS: Sums[EdgeSums] = Sums(
    table="visits_keyframes",
    zero={},
    of_episodes=_sums_of_episodes,
    add=add_edges,
    pack=pack_edges,
    unpack=unpack_edges,
)


def read_affordance_graph(
    connection: apsw.Connection, first: EpisodeNumber | None = None, last: EpisodeNumber | None = None
) -> AffordanceGraph:
    """Which affordance followed which in the episodes `first` to `last`; without them, the newest 100."""
    if last is None:
        last = int(connection.execute("SELECT max(episode_id) FROM affordance_visits").get or 1)
    first = max(1, first if first is not None else last - WINDOW + 1)
    query = rows_of(connection)
    until, before = sum_up_to(EDGE_SUMS, query, last), sum_up_to(EDGE_SUMS, query, first - 1)
    edges = []
    for (source, target), (uses, weighted, first_seen, last_seen) in sorted(until.items()):
        old_uses, old_weighted, _, _ = before.get((source, target), (0, 0, 0, 0))
        count = uses - old_uses
        if count:
            edges.append(
                GraphEdge(
                    source=source,
                    target=target,
                    count=count,
                    first_seen=first_seen,
                    last_seen=last_seen,
                    mean_episode=(weighted - old_weighted) / count,
                )
            )
    world = read_world(connection)
    nodes = tuple(place.name for place in world.affordances) if world is not None else ()
    return AffordanceGraph(first=first, last=last, nodes=nodes, edges=edges)


def affordance_graph_as_of(connection: apsw.Connection, episode: int) -> AffordanceGraph:
    """The graph of the last `WINDOW` episodes up to `episode`."""
    return read_affordance_graph(connection, None, episode)


class Affordances(Projector):
    """How often one affordance was used straight after another in an episode, itself included."""

    name = "affordances"
    version = 1
    tables_owned = ("affordance_visits", "visits_keyframes")
    ddl = """
        CREATE TABLE affordance_visits (
            episode_id INTEGER NOT NULL,
            from_affordance TEXT NOT NULL,
            to_affordance TEXT NOT NULL,
            visit_count INTEGER NOT NULL,
            FOREIGN KEY (episode_id) REFERENCES episodes(episode_id)
        );
        CREATE INDEX idx_visits_episode ON affordance_visits(episode_id);
        -- sums over all episodes up to this one: JSON [from, to, uses, sum of uses * episode, first, last]
        CREATE TABLE visits_keyframes (
            episode_id INTEGER PRIMARY KEY,
            sums TEXT NOT NULL
        );
    """
    routes = (route("graph", read_affordance_graph),)
    as_of = (Part("affordance_graph", affordance_graph_as_of),)
    datasets = (
        table(
            "visits",
            "how often an episode used one affordance straight after another",
            (
                EPISODE,
                Column("from_affordance", "text", "Affordance used before"),
                Column("to_affordance", "text", "Affordance used next"),
                Column("visit_count", "integer", "How often in that episode"),
            ),
            source="affordance_visits",
            until="episode_id",
            order="episode_id, rowid",
        ),
    )

    @handles(AffordancesUsed)
    def used(self, event: AffordancesUsed, metadata: EventMetadata) -> None:
        for (source, target), count in Counter(pairwise(event.affordances)).items():
            self.tables.add(
                "INSERT INTO affordance_visits VALUES (?, ?, ?, ?)", (event.episode, source, target, count)
            )
        if (due := keyframe(EDGE_SUMS, self.tables.rows, event.episode)) is not None:
            self.tables.change(*due)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        beyond = (event.after_episode,)
        self.tables.change("DELETE FROM affordance_visits WHERE episode_id > ?", beyond)
        self.tables.change("DELETE FROM visits_keyframes WHERE episode_id > ?", beyond)
