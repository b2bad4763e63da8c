"""The seed's key-value table `system_state`, and where the affordances stood.

`layouts` holds one row per arrangement of the present lineage; the keys `old_affordance_positions` and
`new_affordance_positions` follow from it.
"""

import msgspec

from core.events import (
    AffordancesRandomized,
    CheckpointSaved,
    EpisodeFinished,
    Placement,
    RunResumed,
    RunStarted,
    RunStopped,
)
from projections.engine.projector import Moment, Projector, Tables, handles

STATUS_AFTER = {"completed": "completed", "signal": "stopped", "error": "failed"}
SET = (
    "INSERT INTO system_state (key, value) VALUES (?, ?)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
AFFORDANCE_KEYS = (
    "affordance_randomization_episode",
    "old_affordance_positions",
    "new_affordance_positions",
)


class SystemState(Projector):
    """The seed's `system_state` and the layouts behind it."""

    name = "system_state"
    version = 1
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

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._episode: int | None = None

    @handles(RunStarted)
    def started(self, event: RunStarted, moment: Moment) -> None:
        placements = _as_json(event.world.affordances)
        self.tables.change("INSERT INTO layouts VALUES (?, 0, ?)", (moment.position, placements))
        self._set("current_episode", "0")
        self._set("training_status", "running")
        self._set("start_time", repr(moment.recorded_at))

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, moment: Moment) -> None:
        self._episode = event.episode

    @handles(CheckpointSaved)
    def saved(self, event: CheckpointSaved, moment: Moment) -> None:
        self._set("last_checkpoint", event.checkpoint.name)

    @handles(AffordancesRandomized)
    def randomized(self, event: AffordancesRandomized, moment: Moment) -> None:
        placements = _as_json(event.new)
        self.tables.change(
            "INSERT INTO layouts VALUES (?, ?, ?)", (moment.position, event.episode, placements)
        )
        self._describe_layout()

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        self._episode = event.after_episode
        self._set("training_status", "running")
        if event.checkpoint is None:
            self.tables.change("DELETE FROM system_state WHERE key = 'last_checkpoint'")
        else:
            self._set("last_checkpoint", event.checkpoint)
        self.tables.change("DELETE FROM layouts WHERE position > ? AND episode > 0", (event.after_position,))
        self._describe_layout()

    @handles(RunStopped)
    def stopped(self, event: RunStopped, moment: Moment) -> None:
        self._set("training_status", STATUS_AFTER.get(event.reason, event.reason))

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
