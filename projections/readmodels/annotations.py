"""Marks for the timeline: what happened at which episode of the present lineage.

Resumes and anomalies stay when the episodes around them are superseded, since both describe the process.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import apsw
import msgspec

from core.events import (
    AffordancesRandomized,
    CheckpointSaved,
    ExplorationChanged,
    RunBranched,
    RunResumed,
    RunStarted,
    RunStopped,
    StageChanged,
    TrainingAnomaly,
)
from projections.engine.dataset import EVERYTHING, POSITION, Column, Dataset, Row, fixed
from projections.engine.projector import EventMetadata, Projector, handles
from projections.engine.records import from_row, values
from projections.engine.route import EpisodeNumber, route
from projections.readmodels.curriculum import DROP_DETECTED

STOPPED_TEXT = {
    "completed": "run completed",
    "signal": "stopped by a signal",
    "diverged": "training diverged",
    "error": "stopped by an error",
}


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """A mark on the timeline.

    `kind` is one of started, randomized, stage, branched, resumed, checkpoint, record, anomaly, drop,
    stopped.
    """

    episode: int
    position: int
    kind: str
    text: str


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Marks of the timeline in the order they happened, thinned out where there are very many.

    `counts` says how many there are of each kind, `marks` has at most `limit` of a kind, evenly
    spread, the first and the newest among them.
    """

    counts: dict[str, int]
    marks: list[Annotation]


def read_marks(
    connection: apsw.Connection,
    first: EpisodeNumber | None = None,
    last: EpisodeNumber | None = None,
    limit: Annotated[int, msgspec.Meta(ge=2, le=2_000)] = 150,
) -> Marks:
    """The marks of the timeline from episode `first` to `last`, at most `limit` of each kind."""
    everything = read_annotations(connection, first, last)
    counts = Counter(mark.kind for mark in everything)
    seen: Counter[str] = Counter()
    marks = []
    for mark in everything:
        if _is_kept(seen[mark.kind], counts[mark.kind], limit):
            marks.append(mark)
        seen[mark.kind] += 1
    return Marks(counts=dict(counts), marks=marks)


def _is_kept(place: int, total: int, limit: int) -> bool:
    """Whether the mark at `place`, from 0, is among `limit` evenly spread ones of `total`."""
    if total <= limit:
        return True
    return place * (limit - 1) // (total - 1) != (place - 1) * (limit - 1) // (total - 1)


def read_annotations(
    connection: apsw.Connection, first: EpisodeNumber | None = None, last: EpisodeNumber | None = None
) -> list[Annotation]:
    """Every mark of the timeline from episode `first` to `last`, in the order they happened."""
    between = (first if first is not None else 0, last if last is not None else EVERYTHING)
    rows = connection.execute(
        "SELECT episode, position, kind, text FROM annotations WHERE episode BETWEEN ?1 AND ?2"
        " UNION ALL"
        " SELECT episode_id, position, 'record', printf('record: mean survival %.0f', mean_survival)"
        " FROM survival_records WHERE episode_id BETWEEN ?1 AND ?2 ORDER BY 1, 2",
        between,
    )
    return [from_row(Annotation, row) for row in rows]


def _rows(connection: apsw.Connection, last: int) -> Iterator[Row]:
    return (values(annotation) for annotation in read_annotations(connection, None, last))


class Annotations(Projector):
    """One row per mark."""

    name = "annotations"
    version = 3
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
    routes = (route("annotations", read_marks),)
    datasets = (
        Dataset(
            name="annotations",
            about="the marks of the timeline",
            columns=fixed(
                (
                    Column("episode", "integer", "Last finished episode then"),
                    POSITION,
                    Column("kind", "text", "started, randomized, stage, resumed, checkpoint, record, …"),
                    Column("text", "text", "What happened"),
                )
            ),
            rows=_rows,
        ),
    )

    @handles(RunStarted)
    def started(self, event: RunStarted, metadata: EventMetadata) -> None:
        self._add(metadata, 0, "started", f"run started: {event.config_name}, seed {event.seed}")

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        self.tables.change(
            "DELETE FROM annotations WHERE stands_for > ? AND kind NOT IN ('resumed', 'anomaly')",
            (event.after_position,),
        )
        source = event.checkpoint or "the beginning"
        self._add(metadata, event.after_episode, "resumed", f"attempt {event.attempt} went on from {source}")

    @handles(RunBranched)
    def branched(self, event: RunBranched, metadata: EventMetadata) -> None:
        self._add(metadata, event.episode, "branched", f"branched from run {event.parent_run_id}")

    @handles(AffordancesRandomized)
    def randomized(self, event: AffordancesRandomized, metadata: EventMetadata) -> None:
        self._add(metadata, event.episode, "randomized", "Affordances Randomized")

    @handles(StageChanged)
    def stage_changed(self, event: StageChanged, metadata: EventMetadata) -> None:
        who = "stage" if event.agent is None else f"agent {event.agent}: stage"
        self._add(metadata, event.episode, "stage", f"{who} {event.from_stage} → {event.to_stage}")

    @handles(ExplorationChanged)
    def exploration_changed(self, event: ExplorationChanged, metadata: EventMetadata) -> None:
        if event.reason == DROP_DETECTED:
            what = "intrinsic weight"
            before, after = event.intrinsic_weight_before, event.intrinsic_weight_after
            if before == after == 0.0:  # a run without an intrinsic reward
                what, before, after = "epsilon", event.epsilon_before, event.epsilon_after
            text = f"drop in survival detected: {what} {before:.2f} → {after:.2f}"
            self._add(metadata, event.episode, "drop", text)

    @handles(CheckpointSaved)
    def saved(self, event: CheckpointSaved, metadata: EventMetadata) -> None:
        self._add(metadata, event.episode, "checkpoint", event.checkpoint.name, event.position)

    @handles(TrainingAnomaly)
    def anomaly(self, event: TrainingAnomaly, metadata: EventMetadata) -> None:
        self._add(metadata, event.episode, "anomaly", f"NaN or Inf in {event.where}: {event.action}")

    @handles(RunStopped)
    def stopped(self, event: RunStopped, metadata: EventMetadata) -> None:
        text = STOPPED_TEXT.get(event.reason, event.reason)
        self._add(metadata, event.episode, "stopped", f"{text}: {event.detail}" if event.detail else text)

    def _add(
        self, metadata: EventMetadata, episode: int, kind: str, text: str, stands_for: int | None = None
    ) -> None:
        position = metadata.position
        self.tables.add(
            "INSERT INTO annotations VALUES (?, ?, ?, ?, ?)",
            (position, position if stands_for is None else stands_for, episode, kind, text),
        )
