"""The specification's table `episodes`: one row per finished episode of the present lineage.

What a later attempt superseded is kept aside. `series_blocks` is the power-of-two pyramid over the episodes:
its arithmetic is in `projections.pyramid`, its query in `projections.readmodels.series`.
"""

import apsw
import msgspec

from core.events import EpisodeFinished, RunResumed
from projections.engine.dataset import ATTEMPT, EPISODE, POSITION, Column, table
from projections.engine.projector import EventMetadata, Part, Projector, handles
from projections.engine.records import columns, insert, read_one, values
from projections.engine.route import route
from projections.pyramid import LEAF_LEVEL, METRICS, combine, leaf, levels_ending_at, pack, unpack
from projections.readmodels import clock, endings
from projections.readmodels.series import read_series


class EpisodeRow(msgspec.Struct, frozen=True):
    """A row of `episodes`: the specification's nine metrics of a finished episode, by its names.

    `timestamp` in Unix seconds, `survival_time` in steps. What the algorithm has no notion of is None.
    """

    episode_id: int
    timestamp: float
    survival_time: int
    total_reward: float
    extrinsic_reward: float
    intrinsic_reward: float | None
    intrinsic_weight: float | None
    curriculum_stage: int | None
    epsilon: float | None


class Metrics(EpisodeRow, frozen=True, kw_only=True):
    """One finished episode: its nine metrics, and what else is known of it.

    `cause` is the meter that ended the episode, or "limit". `born_stage` is the stage in which the episode
    began.
    """

    cause: str
    agent: int
    born_stage: int | None


class DetailsRow(msgspec.Struct, frozen=True):
    """A row of `episode_details`."""

    episode_id: int
    position: int
    attempt: int
    agent: int
    born_stage: int | None
    cause: str
    vector_step: int


EPISODES_WITH_DETAILS = "episodes JOIN episode_details USING (episode_id)"
ADD_EPISODE = insert("episodes", EpisodeRow)
ADD_DETAILS = insert("episode_details", DetailsRow)
SUPERSEDED = f"{columns(EpisodeRow)}, {columns(DetailsRow).removeprefix('episode_id, ')}"


def read_metrics(connection: apsw.Connection, episode: int) -> Metrics | None:
    """The metrics of an episode of the present lineage; None if there is no such episode."""
    return read_one(connection, Metrics, f"{EPISODES_WITH_DETAILS} WHERE episode_id = ?", (episode,))


def newest_episode(connection: apsw.Connection) -> int:
    """The number of the newest finished episode, 0 before the first one."""
    return int(connection.execute("SELECT max(episode_id) FROM episode_details").get or 0)


class Episodes(Projector):
    """Every finished episode."""

    name = "episodes"
    version = 3
    tables_owned = ("episodes", "episode_details", "superseded_episodes", "series_blocks")
    ddl = """
        -- NULL: the algorithm has no intrinsic reward, no stages, or no epsilon
        CREATE TABLE episodes (
            episode_id INTEGER PRIMARY KEY,
            timestamp REAL NOT NULL,
            survival_time INTEGER NOT NULL,
            total_reward REAL NOT NULL,
            extrinsic_reward REAL NOT NULL,
            intrinsic_reward REAL,
            intrinsic_weight REAL,
            curriculum_stage INTEGER,
            epsilon REAL
        );
        CREATE INDEX idx_episodes_timestamp ON episodes(timestamp);
        -- what the specification's columns have no room for
        CREATE TABLE episode_details (
            episode_id INTEGER PRIMARY KEY,
            position INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            agent INTEGER NOT NULL,
            born_stage INTEGER,
            cause TEXT NOT NULL,
            vector_step INTEGER NOT NULL,
            FOREIGN KEY (episode_id) REFERENCES episodes(episode_id)
        );
        -- episodes of earlier attempts that a later attempt superseded; a number may occur several times
        CREATE TABLE superseded_episodes (
            episode_id INTEGER NOT NULL,
            timestamp REAL NOT NULL,
            survival_time INTEGER NOT NULL,
            total_reward REAL NOT NULL,
            extrinsic_reward REAL NOT NULL,
            intrinsic_reward REAL,
            intrinsic_weight REAL,
            curriculum_stage INTEGER,
            epsilon REAL,
            position INTEGER PRIMARY KEY,
            attempt INTEGER NOT NULL,
            agent INTEGER NOT NULL,
            born_stage INTEGER,
            cause TEXT NOT NULL,
            vector_step INTEGER NOT NULL
        );
        CREATE INDEX idx_superseded_episode ON superseded_episodes(episode_id, attempt);
        -- episodes block * 2^level + 1 to (block + 1) * 2^level, complete; see projections/pyramid.py
        CREATE TABLE series_blocks (
            level INTEGER NOT NULL,
            block INTEGER NOT NULL,
            summary BLOB NOT NULL,
            PRIMARY KEY (level, block)
        ) WITHOUT ROWID;
    """
    routes = (route("series", read_series), *endings.ROUTES, *clock.ROUTES)
    as_of = (Part("metrics", read_metrics),)
    datasets = (
        table(
            "episodes",
            "every finished episode of the present lineage with the specification's nine metrics",
            (
                EPISODE,
                Column("timestamp", "real", "When it was recorded, Unix seconds"),
                Column("survival_time", "integer", "Length of the episode, steps"),
                Column("total_reward", "real", "Sum of extrinsic + weight * intrinsic over its steps"),
                Column("extrinsic_reward", "real", "Sum over its steps"),
                Column("intrinsic_reward", "real", "Sum over its steps, normalised, unweighted"),
                Column("intrinsic_weight", "real", "Weight of the intrinsic reward at its end, 0 to 1"),
                Column("curriculum_stage", "integer", "Stage of the curriculum at its end, from 1"),
                Column("epsilon", "real", "Probability of a random action at its end"),
            ),
            source="episodes",
            until="episode_id",
            order="episode_id",
        ),
        table(
            "episode_details",
            "what `episodes` has no column for: agent, stage at the start, cause of the end, attempt",
            (
                EPISODE,
                POSITION,
                ATTEMPT,
                Column("agent", "integer", "Which agent it was, from 0"),
                Column("born_stage", "integer", "Stage of the curriculum in which it began, from 1"),
                Column("cause", "text", "Meter that ended it, or limit"),
                Column("vector_step", "integer", "Steps of all agents together since the run began"),
            ),
            source="episode_details",
            until="episode_id",
            order="episode_id",
        ),
    )

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, metadata: EventMetadata) -> None:
        row = EpisodeRow(
            event.episode,
            metadata.recorded_at,
            event.survival_time,
            event.total_reward,
            event.extrinsic_reward,
            event.intrinsic_reward,
            event.intrinsic_weight,
            event.curriculum_stage,
            event.epsilon,
        )
        details = DetailsRow(
            event.episode,
            metadata.position,
            metadata.attempt,
            event.agent,
            event.born_stage,
            event.cause,
            event.vector_step,
        )
        self.tables.add(ADD_EPISODE, values(row))
        self.tables.add(ADD_DETAILS, values(details))
        for level, block in levels_ending_at(event.episode):
            self._add_block(level, block)

    @handles(RunResumed)
    def resumed(self, event: RunResumed, metadata: EventMetadata) -> None:
        beyond = (event.after_episode,)
        self.tables.change(
            f"INSERT INTO superseded_episodes ({SUPERSEDED}) SELECT {SUPERSEDED}"
            f" FROM {EPISODES_WITH_DETAILS} WHERE episode_id > ? ORDER BY episode_id",
            beyond,
        )
        self.tables.change("DELETE FROM episode_details WHERE episode_id > ?", beyond)
        self.tables.change("DELETE FROM episodes WHERE episode_id > ?", beyond)
        self.tables.change("DELETE FROM series_blocks WHERE (block + 1) << level > ?", beyond)

    def _add_block(self, level: int, block: int) -> None:
        if level == LEAF_LEVEL:
            rows = self.tables.rows(
                f"SELECT {', '.join(METRICS)} FROM episodes WHERE episode_id BETWEEN ? AND ?",
                ((block << level) + 1, (block + 1) << level),
            )
            summary = leaf(rows)
        else:
            children = self.tables.rows(
                "SELECT summary FROM series_blocks WHERE level = ? AND block IN (?, ?) ORDER BY block",
                (level - 1, 2 * block, 2 * block + 1),
            )
            summary = combine([unpack(child) for (child,) in children])
        self.tables.change("INSERT INTO series_blocks VALUES (?, ?, ?)", (level, block, pack(summary)))
