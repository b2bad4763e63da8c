"""When each success criterion was first met, rolling mean survival, its records, and the recovery.

What the criteria are called and what they are compared with is in `projections.readmodels.criteria`.
"""

from collections import deque
from typing import Any

import apsw
import msgspec

from core.definitions import (
    WINDOW,
    Recovery,
    advance_recovery,
    recovery_at_move,
    recovery_before_move,
)
from core.events import (
    AffordancesRandomized,
    EpisodeFinished,
    RunBranched,
    RunResumed,
    RunStarted,
    StageChanged,
)
from projections.engine.projector import EventMetadata, Part, Projector, Tables, handles
from projections.engine.records import insert, values
from projections.engine.route import route
from projections.readmodels.criteria import (
    STAGE_TARGET,
    SURVIVAL_TARGET,
    WEIGHT_TARGET,
    read_scorecard,
)
from projections.readmodels.recovery import read_recovery

RECORD_STEP = 1.05
"""A record is at least this much above the one before it, so that records stay rare."""
MOVE_KEY = "training.randomize_affordances_at"


class SurvivalRow(msgspec.Struct, frozen=True):
    """A row of `survival_means`."""

    episode_id: int
    survival_time: int
    mean_survival: float


class MarkRow(msgspec.Struct, frozen=True):
    """A row of `scorecard_marks`."""

    key: str
    position: int
    episode: int
    value: float


ADD_MEAN = insert("survival_means", SurvivalRow)
ADD_MARK = f"{insert('scorecard_marks', MarkRow)} ON CONFLICT (key) DO NOTHING"


def read_mean_survival(connection: apsw.Connection, episode: int) -> float:
    """Mean survival of the last `WINDOW` episodes up to `episode`, in steps."""
    mean = connection.execute("SELECT mean_survival FROM survival_means WHERE episode_id = ?", (episode,)).get
    return float(mean or 0.0)


class Scorecard(Projector):
    """Mean survival and recovery at every episode, and the first episode at which each criterion held."""

    name = "scorecard"
    version = 3
    tables_owned = ("survival_means", "scorecard_marks", "survival_records", "recoveries")
    ddl = """
        -- mean survival of the last up to 100 episodes, in steps
        CREATE TABLE survival_means (
            episode_id INTEGER PRIMARY KEY,
            survival_time INTEGER NOT NULL,
            mean_survival REAL NOT NULL
        );
        -- value: the figure that was compared
        CREATE TABLE scorecard_marks (
            key TEXT PRIMARY KEY,
            position INTEGER NOT NULL,
            episode INTEGER NOT NULL,
            value REAL NOT NULL
        );
        CREATE TABLE survival_records (
            episode_id INTEGER PRIMARY KEY,
            position INTEGER NOT NULL,
            mean_survival REAL NOT NULL
        );
        -- the recovery from the end of `episode` on, JSON as `core.definitions.Recovery`; a row per change
        CREATE TABLE recoveries (
            position INTEGER PRIMARY KEY,
            episode INTEGER NOT NULL,
            recovery TEXT NOT NULL
        );
        CREATE INDEX idx_recoveries_episode ON recoveries(episode);
    """
    routes = (route("scorecard", read_scorecard, supplied=("captures",)),)
    as_of = (
        Part("mean_survival", read_mean_survival),
        Part("recovery", read_recovery),
        Part("scorecard", read_scorecard),
    )

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._restore()

    def _restore(self) -> None:
        rows = self.tables.rows(
            "SELECT survival_time FROM survival_means ORDER BY episode_id DESC LIMIT ?", (WINDOW,)
        )
        self._survivals = deque((int(row[0]) for row in reversed(rows)), maxlen=WINDOW)
        self._sum = sum(self._survivals)
        self._marks = {key for (key,) in self.tables.rows("SELECT key FROM scorecard_marks")}
        record = self.tables.row("SELECT max(mean_survival) FROM survival_records")
        self._record = float(record[0] or 0.0) if record is not None else 0.0
        newest = self.tables.row("SELECT recovery FROM recoveries ORDER BY position DESC LIMIT 1")
        self._recovery = (
            msgspec.json.decode(newest[0], type=Recovery)
            if newest is not None
            else recovery_before_move(planned=True)
        )

    @handles(RunStarted)
    def started(self, event: RunStarted, metadata: EventMetadata) -> None:
        planned = event.config.get("training", {}).get("randomize_affordances_at") is not None
        self._set_recovery(recovery_before_move(planned), 0, metadata)

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, metadata: EventMetadata) -> None:
        if len(self._survivals) == WINDOW:
            self._sum -= self._survivals[0]
        self._survivals.append(event.survival_time)
        self._sum += event.survival_time
        mean = self._sum / len(self._survivals)
        self.tables.add(ADD_MEAN, values(SurvivalRow(event.episode, event.survival_time, mean)))
        full = len(self._survivals) == WINDOW
        weight, stage = event.intrinsic_weight, event.curriculum_stage
        for key, holds, value in (
            ("weight", weight is not None and weight < WEIGHT_TARGET, weight),
            ("stage", stage is not None and stage >= STAGE_TARGET, stage),
            ("survival", full and mean >= SURVIVAL_TARGET, mean),
        ):
            if holds and value is not None:
                self._mark(key, metadata, event.episode, value)
        recovery = advance_recovery(self._recovery, event.episode, mean)
        if recovery is not self._recovery:
            self._set_recovery(recovery, event.episode, metadata)
        if event.episode % WINDOW == 0 and mean >= RECORD_STEP * self._record:
            self._record = mean
            self.tables.add(
                "INSERT INTO survival_records VALUES (?, ?, ?)", (event.episode, metadata.position, mean)
            )

    @handles(StageChanged)
    def stage_changed(self, event: StageChanged, metadata: EventMetadata) -> None:
        """The stage of the population after the episode; the next `EpisodeFinished` has it too."""
        if event.agent is None and event.to_stage >= STAGE_TARGET:
            self._mark("stage", metadata, event.episode, event.to_stage)

    def _mark(self, key: str, metadata: EventMetadata, episode: int, value: float) -> None:
        if key not in self._marks:
            self._marks.add(key)
            self.tables.add(ADD_MARK, values(MarkRow(key, metadata.position, episode, float(value))))

    @handles(AffordancesRandomized)
    def randomized(self, event: AffordancesRandomized, metadata: EventMetadata) -> None:
        mean = self._sum / max(1, len(self._survivals))
        self._set_recovery(recovery_at_move(event.episode, mean), event.episode, metadata)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        self.tables.change("DELETE FROM survival_means WHERE episode_id > ?", (event.after_episode,))
        for table in ("survival_records", "scorecard_marks"):
            self.tables.change(f"DELETE FROM {table} WHERE position > ?", (event.after_position,))
        # what the run was started with stays, even when an attempt starts from the beginning
        self.tables.change(
            "DELETE FROM recoveries WHERE position > ? AND episode > 0", (event.after_position,)
        )
        self._restore()
        self._replan(event.config_changes, event.after_episode, metadata)

    @handles(RunBranched)
    def branched(self, event: RunBranched, metadata: EventMetadata) -> None:
        self._replan(event.changes, event.episode, metadata)

    def _replan(self, changes: dict[str, tuple[Any, Any]], episode: int, metadata: EventMetadata) -> None:
        """Whether the affordances will move, as the configuration says from now on."""
        if MOVE_KEY in changes and self._recovery.moved_at is None:
            planned = changes[MOVE_KEY][1] is not None
            self._set_recovery(recovery_before_move(planned), episode, metadata)

    def _set_recovery(self, recovery: Recovery, episode: int, metadata: EventMetadata) -> None:
        self._recovery = recovery
        self.tables.add(
            "INSERT INTO recoveries VALUES (?, ?, ?)",
            (metadata.position, episode, msgspec.json.encode(recovery).decode()),
        )
