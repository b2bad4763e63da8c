"""Ticks for the timeline: what happened at which episode, of the present lineage.

Resumes and anomalies stay when what surrounds them is superseded, since they tell of the run itself.
"""

from core.events import (
    AffordancesRandomized,
    CheckpointSaved,
    ExplorationChanged,
    RunResumed,
    RunStarted,
    RunStopped,
    StageChanged,
    TrainingAnomaly,
)
from projections.engine.projector import Moment, Projector, handles

STOPPED_TEXT = {"completed": "run completed", "signal": "stopped by a signal", "error": "stopped by an error"}


class Annotations(Projector):
    """One row per tick."""

    name = "annotations"
    version = 1
    tables_owned = ("annotations",)
    ddl = """
        -- `stands_for`: the position a resume is compared with to see whether the row is superseded
        CREATE TABLE annotations (
            position INTEGER PRIMARY KEY,
            stands_for INTEGER NOT NULL,
            episode INTEGER NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL
        );
        CREATE INDEX idx_annotations_episode ON annotations(episode);
    """

    @handles(RunStarted)
    def started(self, event: RunStarted, moment: Moment) -> None:
        self._add(moment, 0, "started", f"run started: {event.config_name}, seed {event.seed}")

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        self.tables.change(
            "DELETE FROM annotations WHERE stands_for > ? AND kind NOT IN ('resumed', 'anomaly')",
            (event.after_position,),
        )
        source = event.checkpoint or "the beginning"
        self._add(moment, event.after_episode, "resumed", f"attempt {event.attempt} went on from {source}")

    @handles(AffordancesRandomized)
    def randomized(self, event: AffordancesRandomized, moment: Moment) -> None:
        self._add(moment, event.episode, "randomized", "Affordances Randomized")

    @handles(StageChanged)
    def stage_changed(self, event: StageChanged, moment: Moment) -> None:
        who = "stage" if event.agent is None else f"agent {event.agent}: stage"
        self._add(moment, event.episode, "stage", f"{who} {event.from_stage} → {event.to_stage}")

    @handles(ExplorationChanged)
    def exploration_changed(self, event: ExplorationChanged, moment: Moment) -> None:
        if event.reason == "drop":
            before, after = event.intrinsic_weight_before, event.intrinsic_weight_after
            self._add(
                moment, event.episode, "surprise", f"surprise: intrinsic weight {before:.2f} → {after:.2f}"
            )

    @handles(CheckpointSaved)
    def saved(self, event: CheckpointSaved, moment: Moment) -> None:
        self._add(moment, event.episode, "checkpoint", event.checkpoint.name, event.position)

    @handles(TrainingAnomaly)
    def anomaly(self, event: TrainingAnomaly, moment: Moment) -> None:
        self._add(moment, event.episode, "anomaly", f"NaN or Inf in {event.where}: {event.action}")

    @handles(RunStopped)
    def stopped(self, event: RunStopped, moment: Moment) -> None:
        text = STOPPED_TEXT.get(event.reason, event.reason)
        self._add(moment, event.episode, "stopped", f"{text}: {event.detail}" if event.detail else text)

    def _add(self, moment: Moment, episode: int, kind: str, text: str, stands_for: int | None = None) -> None:
        position = moment.position
        self.tables.add(
            "INSERT INTO annotations VALUES (?, ?, ?, ?, ?)",
            (position, position if stands_for is None else stands_for, episode, kind, text),
        )
