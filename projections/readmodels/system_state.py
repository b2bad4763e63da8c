"""The specification's key-value table `system_state`, and where the affordances stood.

`layouts` holds one row per arrangement of the present lineage; the keys `old_affordance_positions` and
`new_affordance_positions` follow from it.
"""

import apsw
import msgspec

from core.events import (
    AffordancesRandomized,
    CheckpointSaved,
    EpisodeFinished,
    Placement,
    RunBranched,
    RunResumed,
    RunStarted,
    RunStopped,
)
from projections.engine.dataset import Column, table
from projections.engine.projector import EventMetadata, Part, Projector, Tables, handles
from projections.readmodels.attempts import ENDED_AFTER

SET = (
    "INSERT INTO system_state (key, value) VALUES (?, ?)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
AFFORDANCE_KEYS = (
    "affordance_randomization_episode",
    "old_affordance_positions",
    "new_affordance_positions",
)


def read_layout(connection: apsw.Connection, episode: int) -> list[Placement]:
    """Where the affordances stood at the end of `episode`."""
    placements = connection.execute(
        "SELECT placements FROM layouts WHERE episode <= ? ORDER BY position DESC LIMIT 1", (episode,)
    ).get
    if placements is None:
        return []
    cells = msgspec.json.decode(placements, type=dict[str, tuple[int, int]])
    return [Placement(name=name, x=x, y=y) for name, (x, y) in cells.items()]


class SystemState(Projector):
    """The specification's `system_state` and the layouts behind it."""

    name = "system_state"
    version = 2
    tables_owned = ("system_state", "layouts")
    ddl = """
        CREATE TABLE system_state (
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL
        );
        -- as of the end of `episode`; placements as JSON {name: [x, y]}
        CREATE TABLE layouts (
            position INTEGER PRIMARY KEY,
            episode INTEGER NOT NULL,
            placements TEXT NOT NULL
        );
    """
    as_of = (Part("layout", read_layout),)
    datasets = (
        table(
            "system_state",
            "the specification's keys and values, as they are now",
            (
                Column("key", "text", "Name, as in the specification"),
                Column("value", "text", "Value as text; positions as JSON"),
            ),
            source="system_state",
            until=None,
            order="rowid",
        ),
    )

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._episode: int | None = None

    @handles(RunStarted)
    def started(self, event: RunStarted, metadata: EventMetadata) -> None:
        placements = _as_json(event.world.affordances)
        self.tables.change("INSERT INTO layouts VALUES (?, 0, ?)", (metadata.position, placements))
        self._set("current_episode", "0")
        self._set("training_status", "running")
        self._set("start_time", repr(metadata.recorded_at))

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, metadata: EventMetadata) -> None:
        self._episode = event.episode

    @handles(CheckpointSaved)
    def saved(self, event: CheckpointSaved, metadata: EventMetadata) -> None:
        self._set("last_checkpoint", event.checkpoint.name)

    @handles(RunBranched)
    def branched(self, event: RunBranched, metadata: EventMetadata) -> None:
        self._set("last_checkpoint", event.checkpoint.name)

    @handles(AffordancesRandomized)
    def randomized(self, event: AffordancesRandomized, metadata: EventMetadata) -> None:
        placements = _as_json(event.new)
        self.tables.change(
            "INSERT INTO layouts VALUES (?, ?, ?)", (metadata.position, event.episode, placements)
        )
        self._describe_layout()

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        self._episode = event.after_episode
        self._set("training_status", "running")
        if event.checkpoint is None:
            self.tables.change("DELETE FROM system_state WHERE key = 'last_checkpoint'")
        else:
            self._set("last_checkpoint", event.checkpoint)
        self.tables.change("DELETE FROM layouts WHERE position > ? AND episode > 0", (event.after_position,))
        self._describe_layout()

    @handles(RunStopped)
    def stopped(self, event: RunStopped, metadata: EventMetadata) -> None:
        self._set("training_status", ENDED_AFTER.get(event.reason, event.reason))

    def finish(self) -> None:
        if self._episode is not None:
            self._set("current_episode", str(self._episode))

    def _set(self, key: str, value: str) -> None:
        self.tables.change(SET, (key, value))

    def _describe_layout(self) -> None:
        newest = self.tables.rows("SELECT episode, placements FROM layouts ORDER BY position DESC LIMIT 2")
        if len(newest) < 2:
            self.tables.change("DELETE FROM system_state WHERE key IN (?, ?, ?)", AFFORDANCE_KEYS)
            return
        (episode, new), (_, old) = newest
        for key, value in zip(AFFORDANCE_KEYS, (str(episode), old, new), strict=True):
            self._set(key, value)


def _as_json(placements: tuple[Placement, ...]) -> str:
    return msgspec.json.encode({place.name: (place.x, place.y) for place in placements}).decode()
