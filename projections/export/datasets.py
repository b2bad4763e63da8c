"""What can be exported from the read models: columns with their meanings, and where the rows come from.

The first four are the seed's tables, column for column and row for row, in the order things happened.
"""

from collections.abc import Callable, Iterator
from typing import Any

import apsw
import msgspec
import numpy as np

from projections.export.columns import Column
from projections.export.steps import step_columns, step_rows
from projections.queries import annotations as ticks

EVERYTHING = 2**62
"""The episode to cut at when nothing is to be cut."""

HEATMAP_WINDOW = 100
"""Episodes in the seed's rolling `position_heatmap`."""

Row = tuple[Any, ...]


class Dataset(msgspec.Struct, frozen=True):
    """`rows` gives those up to an episode; `by_episode` says whether they can be cut there."""

    about: str
    columns: Callable[[apsw.Connection], tuple[Column, ...]]
    rows: Callable[[apsw.Connection, int], Iterator[Row]]
    by_episode: bool = True


EPISODE = Column("episode_id", "integer", "Number of the finished life, from 1")
METRICS = (
    EPISODE,
    Column("timestamp", "real", "When it was recorded, Unix seconds"),
    Column("survival_time", "integer", "Length of the life, steps"),
    Column("total_reward", "real", "Sum of extrinsic + weight * intrinsic over its steps"),
    Column("extrinsic_reward", "real", "Sum over its steps"),
    Column("intrinsic_reward", "real", "Sum over its steps, normalised, unweighted"),
    Column("intrinsic_weight", "real", "Weight of the intrinsic reward at its end, 0 to 1"),
    Column("curriculum_stage", "integer", "Stage of the curriculum at its end, 1 to 5"),
    Column("epsilon", "real", "Probability of a random action at its end"),
)
POSITION = Column("position", "integer", "Position of the event in the log")
ATTEMPT = Column("attempt", "integer", "Attempt of the trainer, from 1")


def fixed(*columns: Column) -> Callable[[apsw.Connection], tuple[Column, ...]]:
    """Columns that are the same for every run."""
    return lambda _connection: columns


def select(query: str) -> Callable[[apsw.Connection, int], Iterator[Row]]:
    """Rows of a query whose only parameter, if it has one, is the last episode."""

    def rows(connection: apsw.Connection, last: int) -> Iterator[Row]:
        return iter(connection.execute(query, (last,) if "?" in query else ()))

    return rows


def heatmap_rows(connection: apsw.Connection, last: int) -> Iterator[Row]:
    """The seed's rolling window as it was at the end of episode `last`."""
    newest = connection.execute("SELECT max(episode_id) FROM heatmap_episodes").get or 0
    last = min(last, newest)
    width = connection.execute("SELECT width FROM heatmap_town").get or 1
    packed = connection.execute(
        "SELECT episode_id, visits, novelty FROM heatmap_episodes WHERE episode_id > ? AND episode_id <= ?"
        " ORDER BY episode_id",
        (last - HEATMAP_WINDOW, last),
    )
    for episode, visits, novelty in packed:
        counts = np.frombuffer(visits, "<u2").tolist()
        values = np.frombuffer(novelty, "<f2").astype(float).tolist()
        for cell, (count, value) in enumerate(zip(counts, values, strict=True)):
            # SQLite has no NaN
            yield episode, cell % width, cell // width, count, value if value == value else None


def annotation_rows(connection: apsw.Connection, last: int) -> Iterator[Row]:
    """What is worth a tick on the timeline."""
    return ((tick.episode, tick.position, tick.kind, tick.text) for tick in ticks(connection, None, last))


DATASETS: dict[str, Dataset] = {
    "episodes": Dataset(
        "every finished life of the present lineage with the seed's nine metrics",
        fixed(*METRICS),
        select(
            f"SELECT {', '.join(c.name for c in METRICS)} FROM episodes WHERE episode_id <= ?"
            " ORDER BY episode_id"
        ),
    ),
    "visits": Dataset(
        "how often a life used one affordance straight after another",
        fixed(
            EPISODE,
            Column("from_affordance", "text", "Affordance used before"),
            Column("to_affordance", "text", "Affordance used next"),
            Column("visit_count", "integer", "How often in that life"),
        ),
        select(
            "SELECT episode_id, from_affordance, to_affordance, visit_count FROM affordance_visits"
            " WHERE episode_id <= ? ORDER BY episode_id, rowid"
        ),
    ),
    "heatmap": Dataset(
        "visits and novelty of every cell, for the last 100 episodes",
        fixed(
            EPISODE,
            Column("x", "integer", "Column of the cell, from the left, from 0"),
            Column("y", "integer", "Row of the cell, from the top, from 0"),
            Column("visit_count", "integer", "Steps of that life that ended in the cell"),
            Column("novelty_value", "real", "RND prediction error of the cell when the life ended"),
        ),
        heatmap_rows,
    ),
    "system_state": Dataset(
        "the seed's keys and values, as they are now",
        fixed(
            Column("key", "text", "Name, as in the seed"),
            Column("value", "text", "Value as text; positions as JSON"),
        ),
        select("SELECT key, value FROM system_state ORDER BY rowid"),
        by_episode=False,
    ),
    "lives": Dataset(
        "what the seed's episodes have no column for: agent, cause of death, attempt",
        fixed(
            EPISODE,
            POSITION,
            ATTEMPT,
            Column("agent", "integer", "Which agent lived it, from 0"),
            Column("cause", "text", "Meter it died of, or limit"),
            Column("vector_step", "integer", "Steps of all agents together since the run began"),
        ),
        select(
            "SELECT episode_id, position, attempt, agent, cause, vector_step FROM lives"
            " WHERE episode_id <= ? ORDER BY episode_id"
        ),
    ),
    "replays": Dataset("every life step by step: where, what was done, the meters", step_columns, step_rows),
    "annotations": Dataset(
        "what is worth a tick on the timeline",
        fixed(
            Column("episode", "integer", "Last finished episode then"),
            POSITION,
            Column("kind", "text", "started, randomized, stage, resumed, checkpoint, record, …"),
            Column("text", "text", "What happened"),
        ),
        annotation_rows,
    ),
    "behaviours": Dataset(
        "episodes in which something odd happened, with the evidence",
        fixed(
            Column("episode", "integer", "Episode in which it was seen"),
            Column("kind", "text", "Rule that found it"),
            Column("title", "text", "What it is called"),
            Column("evidence", "text", "The numbers that made it odd"),
        ),
        select(
            "SELECT episode, kind, title, evidence FROM behaviours WHERE episode <= ? ORDER BY episode, kind"
        ),
    ),
    "stages": Dataset(
        "when the curriculum moved, and the numbers that decided it",
        fixed(
            POSITION,
            Column("episode", "integer", "Last finished episode then"),
            Column("agent", "integer", "Which agent; NULL: the whole population"),
            Column("from_stage", "integer", "Stage before, 1 to 5"),
            Column("to_stage", "integer", "Stage after, 1 to 5"),
            Column("decided_by", "json", "Numbers compared and their thresholds, by name"),
        ),
        select(
            "SELECT position, episode, agent, from_stage, to_stage, decided_by FROM stage_changes"
            " WHERE episode <= ? ORDER BY position"
        ),
    ),
    "heartbeats": Dataset(
        "the trainer's speed and health, superseded attempts included",
        fixed(
            POSITION,
            Column("recorded_at", "real", "When it was recorded, Unix seconds"),
            ATTEMPT,
            Column("episode", "integer", "Last finished episode then"),
            Column("vector_step", "integer", "Steps of all agents together since the run began"),
            Column("updates", "integer", "Gradient steps since the run began"),
            Column("agent_steps_per_second", "real", "Speed since the heartbeat before"),
            Column("loss", "real", "Mean Huber loss of an update since then"),
            Column("mean_q", "real", "Mean greedy value"),
            Column("gradient_norm", "real", "L2 norm before clipping"),
            Column("rss_bytes", "integer", "Resident memory, bytes"),
            Column("device_memory_bytes", "integer", "Memory on the GPU, bytes; 0 on a CPU"),
            Column("replay_fill", "real", "How full the replay buffer is, 0 to 1"),
            Column("rss_limit_bytes", "integer", "What the trainer may use, bytes; 0: not told"),
            Column("rss_bytes_per_hour", "real", "Slope of the resident memory over the last hour"),
            Column("memory_alarm", "text", "A sentence, if that endangers the limit"),
        ),
        select(
            "SELECT position, recorded_at, attempt, episode, vector_step, updates, agent_steps_per_second,"
            " loss, mean_q, gradient_norm, rss_bytes, device_memory_bytes, replay_fill, rss_limit_bytes,"
            " rss_bytes_per_hour, memory_alarm FROM heartbeats WHERE episode <= ? ORDER BY position"
        ),
    ),
    "attempts": Dataset(
        "the trainer's attempts: what each ran, what of it was kept, why it ended",
        fixed(
            ATTEMPT,
            Column("first_episode", "integer", "First episode it ran"),
            Column("last_episode", "integer", "Last episode it ran"),
            Column("kept_until", "integer", "Last of its episodes that later attempts did not supersede"),
            Column("started_at", "real", "Unix seconds"),
            Column("ended_at", "real", "Its last sign of life, Unix seconds"),
            Column("ended", "text", "running, superseded, stopped, completed or failed"),
            Column("checkpoint", "text", "File it went on from; NULL: from the beginning"),
        ),
        select(
            "SELECT attempt, first_episode, last_episode, kept_until, started_at, ended_at, ended, checkpoint"
            " FROM attempts ORDER BY attempt"
        ),
        by_episode=False,
    ),
}
