"""The curriculum: when the population moved between stages, and where it stands as of any episode.

The mean survival of the stage is the number that the trainer compares: of the newest episodes that began in
the present stage, since the population moved there and since the last detected drop in performance, as many
as the run's curriculum looks back on.
"""

from itertools import pairwise
from typing import Any

import apsw
import msgspec

from core.events import ExplorationChanged, RunResumed, StageChanged
from projections.engine.dataset import POSITION, Column, table
from projections.engine.projector import EventMetadata, Part, Projector, handles
from projections.engine.records import insert, values
from projections.engine.route import route
from projections.readmodels.episodes import EPISODES_WITH_DETAILS, newest_episode
from projections.readmodels.run import read_curriculum

DROP_DETECTED = "drop"
"""Reason of `ExplorationChanged` after which the trainer restarts its window of survival times."""
MOST_BANDS = 200
"""Narrower ones could not be told apart in a chart of a run."""


class StageProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the curriculum stands: in `stage`, from 1, since `since_episode`.

    `mean_survival`, in steps, is of the newest `episodes_counted` episodes that began in the stage, at most
    `window`; None before the first one. The trainer decides once there are `window` of them. `advance_at`
    and `retreat_at` are thresholds in steps, None where there is no further stage. `episodes_in_stage`
    counts all that ended since the move.
    """

    stage: int
    since_episode: int
    episodes_in_stage: int
    mean_survival: float | None
    episodes_counted: int
    window: int
    advance_at: float | None
    retreat_at: float | None


class StageBand(msgspec.Struct, frozen=True, kw_only=True):
    """The episodes `first` to `last`, after which the population left `stage` (or the newest one)."""

    stage: int
    name: str
    first: int
    last: int


class StageChangeRow(msgspec.Struct, frozen=True):
    """A row of `stage_changes`."""

    position: int
    episode: int
    agent: int | None
    from_stage: int
    to_stage: int
    decided_by: str


def read_stage(connection: apsw.Connection, episode: int) -> StageProgress | None:
    """Where the curriculum stood at the end of `episode`; None in a run without stages."""
    curriculum = read_curriculum(connection)
    if curriculum is None or not curriculum.stages:
        return None
    start, window, stages = curriculum.start_stage, curriculum.survival_window, len(curriculum.stages)
    changed = connection.execute(
        "SELECT to_stage, episode FROM stage_changes WHERE episode <= ? AND agent IS NULL"
        " ORDER BY position DESC LIMIT 1",
        (episode,),
    ).fetchone()
    stage, after = changed if changed is not None else (start, 0)
    restarted = connection.execute(
        "SELECT max(episode) FROM stage_restarts WHERE episode <= ?", (episode,)
    ).get
    mean, counted = connection.execute(
        "SELECT avg(survival_time), count(*) FROM ("
        f"SELECT survival_time FROM {EPISODES_WITH_DETAILS}"
        " WHERE episode_id > ? AND episode_id <= ? AND born_stage = ? ORDER BY episode_id DESC LIMIT ?)",
        (max(after, restarted or 0), episode, stage, window),
    ).fetchone() or (None, 0)
    return StageProgress(
        stage=stage,
        since_episode=after + 1,
        episodes_in_stage=episode - after,
        mean_survival=mean,
        episodes_counted=counted,
        window=window,
        advance_at=curriculum.advance_at if stage < stages else None,
        retreat_at=curriculum.retreat_at if stage > 1 else None,
    )


def read_stage_bands(connection: apsw.Connection) -> list[StageBand]:
    """The stages that the population went through, in order, each with its first and last episode.

    At most 200 bands: of a population that went to and fro more often, the shortest bands are counted to
    the one before them. The first band of every stage is always there.
    """
    curriculum = read_curriculum(connection)
    newest = newest_episode(connection)
    if curriculum is None or not curriculum.stages or newest == 0:
        return []
    changes: list[Any] = connection.execute(
        "SELECT episode, to_stage FROM stage_changes WHERE agent IS NULL ORDER BY position"
    ).fetchall()
    begins = [(1, curriculum.start_stage), *((episode + 1, stage) for episode, stage in changes)]
    ends = [episode for episode, _ in changes] + [newest]
    bands = [
        StageBand(stage=stage, name=curriculum.stages[stage - 1].name, first=first, last=last)
        for (first, stage), last in zip(begins, ends, strict=True)
        if first <= last
    ]
    return _without_shortest(bands, max(MOST_BANDS, len(curriculum.stages)))


def _without_shortest(bands: list[StageBand], most: int) -> list[StageBand]:
    """At most `most` bands, each up to the beginning of the next; neighbours of one stage are one band."""
    if len(bands) <= most:
        return bands
    entered = {band.stage: band.first for band in reversed(bands)}
    by_weight = sorted(
        bands, key=lambda band: (entered[band.stage] == band.first, band.last - band.first), reverse=True
    )
    kept = sorted(by_weight[:most], key=lambda band: band.first)
    joined = [kept[0], *(band for before, band in pairwise(kept) if band.stage != before.stage)]
    ends = [band.first - 1 for band in joined[1:]] + [bands[-1].last]
    return [msgspec.structs.replace(band, last=last) for band, last in zip(joined, ends, strict=True)]


class Curriculum(Projector):
    """Every stage change with the numbers that decided it."""

    name = "curriculum"
    version = 2
    tables_owned = ("stage_changes", "stage_restarts")
    ddl = """
        -- `agent` is NULL when the whole population moved; decided_by as JSON {number: value}
        CREATE TABLE stage_changes (
            position INTEGER PRIMARY KEY,
            episode INTEGER NOT NULL,
            agent INTEGER,
            from_stage INTEGER NOT NULL,
            to_stage INTEGER NOT NULL,
            decided_by TEXT NOT NULL
        );
        CREATE INDEX idx_stage_changes_episode ON stage_changes(episode);
        -- after this episode the trainer restarted its window of survival times
        CREATE TABLE stage_restarts (position INTEGER PRIMARY KEY, episode INTEGER NOT NULL);
    """
    routes = (route("stages", read_stage_bands),)
    as_of = (Part("stage", read_stage),)
    datasets = (
        table(
            "stages",
            "when the curriculum moved, and the numbers that decided it",
            (
                POSITION,
                Column("episode", "integer", "Last finished episode then"),
                Column("agent", "integer", "Which agent; NULL: the whole population"),
                Column("from_stage", "integer", "Stage before, from 1"),
                Column("to_stage", "integer", "Stage after, from 1"),
                Column("decided_by", "json", "Numbers compared and their thresholds, by name"),
            ),
            source="stage_changes",
            until="episode",
            order="position",
        ),
    )

    @handles(StageChanged)
    def changed(self, event: StageChanged, metadata: EventMetadata) -> None:
        row = StageChangeRow(
            metadata.position,
            event.episode,
            event.agent,
            event.from_stage,
            event.to_stage,
            msgspec.json.encode(event.decided_by).decode(),
        )
        self.tables.add(insert("stage_changes", StageChangeRow), values(row))

    @handles(ExplorationChanged)
    def exploration_changed(self, event: ExplorationChanged, metadata: EventMetadata) -> None:
        if event.reason == DROP_DETECTED:
            self.tables.add("INSERT INTO stage_restarts VALUES (?, ?)", (metadata.position, event.episode))

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        self.tables.change("DELETE FROM stage_changes WHERE position > ?", (event.after_position,))
        self.tables.change("DELETE FROM stage_restarts WHERE position > ?", (event.after_position,))
