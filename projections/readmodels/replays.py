"""Every life step by step, superseded ones too, so that any episode can be watched again.

Bytes stay as the events pack them (`core.packing`); `projections.queries` unpacks what is asked for.
"""

import msgspec

from core.events import (
    AffordancesRandomized,
    AffordancesUsed,
    CellsVisited,
    EpisodeTraced,
    RunResumed,
    RunStarted,
)
from projections.engine.projector import Moment, Projector, handles


class Replays(Projector):
    """Path, uses and vitals of every life, by episode and attempt."""

    name = "replays"
    version = 1
    tables_owned = ("replay_paths", "replay_uses", "replay_vitals", "replay_layouts")
    ddl = """
        CREATE TABLE replay_paths (
            episode_id INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            position INTEGER NOT NULL,
            start_cell INTEGER NOT NULL,
            path BLOB NOT NULL,
            PRIMARY KEY (episode_id, attempt)
        );
        -- affordances and steps as JSON arrays of the same length
        CREATE TABLE replay_uses (
            episode_id INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            affordances TEXT NOT NULL,
            steps TEXT NOT NULL,
            PRIMARY KEY (episode_id, attempt)
        );
        CREATE TABLE replay_vitals (
            episode_id INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            actions BLOB NOT NULL,
            meters BLOB NOT NULL,
            PRIMARY KEY (episode_id, attempt)
        );
        -- the layout in force from a log position on, whatever was superseded later; JSON as in
        -- world.affordances
        CREATE TABLE replay_layouts (position INTEGER PRIMARY KEY, placements TEXT NOT NULL);
    """

    @handles(CellsVisited)
    def visited(self, event: CellsVisited, moment: Moment) -> None:
        self.tables.add(
            "INSERT INTO replay_paths VALUES (?, ?, ?, ?, ?)",
            (event.episode, moment.attempt, moment.position, event.start_cell, event.path),
        )

    @handles(AffordancesUsed)
    def made(self, event: AffordancesUsed, moment: Moment) -> None:
        affordances, steps = (msgspec.json.encode(part).decode() for part in (event.affordances, event.steps))
        self.tables.add(
            "INSERT INTO replay_uses VALUES (?, ?, ?, ?)", (event.episode, moment.attempt, affordances, steps)
        )

    @handles(EpisodeTraced)
    def traced(self, event: EpisodeTraced, moment: Moment) -> None:
        self.tables.add(
            "INSERT INTO replay_vitals VALUES (?, ?, ?, ?)",
            (event.episode, moment.attempt, event.actions, event.meters),
        )

    @handles(RunStarted)
    def started(self, event: RunStarted, moment: Moment) -> None:
        self._place(moment, msgspec.json.encode(event.world.affordances).decode())

    @handles(AffordancesRandomized)
    def randomized(self, event: AffordancesRandomized, moment: Moment) -> None:
        self._place(moment, msgspec.json.encode(event.new).decode())

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        back = self.tables.row(
            "SELECT placements FROM replay_layouts WHERE position <= ? ORDER BY position DESC LIMIT 1",
            (event.after_position,),
        )
        if back is not None:
            self._place(moment, back[0])

    def _place(self, moment: Moment, placements: str) -> None:
        self.tables.change("INSERT INTO replay_layouts VALUES (?, ?)", (moment.position, placements))
