"""The seed's `episodes`, one clean line of the present lineage; what later attempts superseded; long series.

`series_blocks` is the power-of-two pyramid over the line: its arithmetic is in `projections.pyramid`.
"""

from core.events import EpisodeFinished, RunResumed
from projections.engine.projector import Moment, Projector, handles
from projections.pyramid import LEAF_LEVEL, METRICS, combine, leaf, levels_ending_at, pack, unpack

ADD_BLOCK = "INSERT INTO series_blocks VALUES (?, ?, ?)"
SUPERSEDED = (
    "episode_id, timestamp, survival_time, total_reward, extrinsic_reward, intrinsic_reward,"
    " intrinsic_weight, curriculum_stage, epsilon, position, attempt, agent, cause, vector_step"
)


class Episodes(Projector):
    """Every finished life with the seed's nine metrics."""

    name = "episodes"
    version = 1
    tables_owned = ("episodes", "lives", "superseded_episodes", "series_blocks")
    ddl = """
        CREATE TABLE episodes (
            episode_id INTEGER PRIMARY KEY,
            timestamp REAL NOT NULL,
            survival_time INTEGER NOT NULL,
            total_reward REAL NOT NULL,
            extrinsic_reward REAL NOT NULL,
            intrinsic_reward REAL NOT NULL,
            intrinsic_weight REAL NOT NULL,
            curriculum_stage INTEGER NOT NULL,
            epsilon REAL NOT NULL
        );
        CREATE INDEX idx_episodes_timestamp ON episodes(timestamp);
        -- what the seed's columns have no room for
        CREATE TABLE lives (
            episode_id INTEGER PRIMARY KEY,
            position INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            agent INTEGER NOT NULL,
            cause TEXT NOT NULL,
            vector_step INTEGER NOT NULL,
            FOREIGN KEY (episode_id) REFERENCES episodes(episode_id)
        );
        -- episodes of earlier attempts that a later one took back; an episode number may occur several times
        CREATE TABLE superseded_episodes (
            episode_id INTEGER NOT NULL,
            timestamp REAL NOT NULL,
            survival_time INTEGER NOT NULL,
            total_reward REAL NOT NULL,
            extrinsic_reward REAL NOT NULL,
            intrinsic_reward REAL NOT NULL,
            intrinsic_weight REAL NOT NULL,
            curriculum_stage INTEGER NOT NULL,
            epsilon REAL NOT NULL,
            position INTEGER PRIMARY KEY,
            attempt INTEGER NOT NULL,
            agent INTEGER NOT NULL,
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

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, moment: Moment) -> None:
        self.tables.add(
            "INSERT INTO episodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event.episode,
                moment.recorded_at,
                event.survival_time,
                event.total_reward,
                event.extrinsic_reward,
                event.intrinsic_reward,
                event.intrinsic_weight,
                event.curriculum_stage,
                event.epsilon,
            ),
        )
        self.tables.add(
            "INSERT INTO lives VALUES (?, ?, ?, ?, ?, ?)",
            (event.episode, moment.position, moment.attempt, event.agent, event.cause, event.vector_step),
        )
        for level, block in levels_ending_at(event.episode):
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
            self.tables.change(ADD_BLOCK, (level, block, pack(summary)))

    @handles(RunResumed)
    def resumed(self, event: RunResumed, moment: Moment) -> None:
        beyond = (event.after_episode,)
        self.tables.change(
            f"INSERT INTO superseded_episodes ({SUPERSEDED}) SELECT {SUPERSEDED}"
            " FROM episodes JOIN lives USING (episode_id) WHERE episode_id > ? ORDER BY episode_id",
            beyond,
        )
        self.tables.change("DELETE FROM lives WHERE episode_id > ?", beyond)
        self.tables.change("DELETE FROM episodes WHERE episode_id > ?", beyond)
        self.tables.change("DELETE FROM series_blocks WHERE (block + 1) << level > ?", beyond)
