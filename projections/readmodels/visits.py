"""Which affordance followed which: the seed's `affordance_visits`, and keyframes for windows of history."""

from collections import Counter
from itertools import pairwise

from core.events import AffordancesUsed, RunResumed
from projections.engine.projector import Moment, Projector, handles
from projections.sums import KEYFRAME_EVERY, add_edges, read_edges, write_edges

ADD = "INSERT INTO affordance_visits VALUES (?, ?, ?, ?)"
SUM = (
    "SELECT from_affordance, to_affordance, sum(visit_count), sum(visit_count * episode_id),"
    " min(episode_id), max(episode_id) FROM affordance_visits"
    " WHERE episode_id > ? AND episode_id <= ? GROUP BY 1, 2"
)


class Visits(Projector):
    """Transitions between affordances within a life, from one to the same included."""

    name = "visits"
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
            edges TEXT NOT NULL
        );
    """

    @handles(AffordancesUsed)
    def made(self, event: AffordancesUsed, moment: Moment) -> None:
        for (source, target), count in Counter(pairwise(event.affordances)).items():
            self.tables.add(ADD, (event.episode, source, target, count))
        if event.episode % KEYFRAME_EVERY == 0:
            self._add_keyframe(event.episode)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        beyond = (event.after_episode,)
        self.tables.change("DELETE FROM affordance_visits WHERE episode_id > ?", beyond)
        self.tables.change("DELETE FROM visits_keyframes WHERE episode_id > ?", beyond)

    def _add_keyframe(self, episode: int) -> None:
        newest = self.tables.row(
            "SELECT episode_id, edges FROM visits_keyframes ORDER BY episode_id DESC LIMIT 1"
        )
        since, before = (newest[0], read_edges(newest[1])) if newest is not None else (0, {})
        recent = {(row[0], row[1]): row[2:] for row in self.tables.rows(SUM, (since, episode))}
        total = add_edges(before, recent)
        self.tables.change("INSERT INTO visits_keyframes VALUES (?, ?)", (episode, write_edges(total)))
