"""The trainer's speed and health: every heartbeat, and the status of the trainer.

A heartbeat describes the process, not the lineage of learning, so heartbeats of superseded episodes stay.
"""

from typing import Annotated, Any

import apsw
import msgspec

from core.definitions import SILENT_SECONDS
from core.events import Heartbeat
from projections.engine.dataset import ATTEMPT, EVERYTHING, POSITION, Column, table
from projections.engine.projector import EventMetadata, Projector, handles
from projections.engine.records import insert, read, values
from projections.engine.route import EpisodeNumber, route


class HeartbeatRow(msgspec.Struct, frozen=True):
    """A row of `heartbeats`; units as in `core.events.Heartbeat`."""

    position: int
    recorded_at: float
    attempt: int
    episode: int
    vector_step: int
    updates: int
    agent_steps_per_second: float
    loss: float | None
    mean_q: float | None
    gradient_norm: float | None
    rss_bytes: int
    device_memory_bytes: int
    replay_fill: float
    rss_limit_bytes: int
    rss_bytes_per_hour: float | None
    memory_alarm: str


class TrainerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the trainer is, by the log.

    `status` is running, silent, stopped, completed, failed or diverged; silent: the trainer should be
    running, but has recorded nothing for `SILENT_SECONDS`, so it has crashed or hangs. `last_event_at` is
    when the newest event was recorded (Unix seconds). Speed and memory come from the newest heartbeat, None
    before the first one. `rss_limit_bytes` is what the trainer may use, `rss_bytes_per_hour` the slope of its
    memory, `memory_alarm` a sentence if that endangers the limit, else empty. `checkpoint_at` is when the
    newest checkpoint of the present lineage was saved (Unix seconds), None before the first one.
    """

    status: str
    detail: str
    attempt: int
    episodes_finished: int
    last_event_at: float
    position: int
    agent_steps_per_second: float | None
    rss_bytes: int | None
    rss_bytes_per_hour: float | None
    rss_limit_bytes: int | None
    memory_alarm: str
    loss: float | None
    mean_q: float | None
    replay_fill: float | None
    checkpoint_at: float | None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The heartbeats of the whole run, column by column, oldest first; units as in `core.events.Heartbeat`.

    Each point covers `resolution` heartbeats (the newest point may cover fewer), 1 when exact: the mean of
    `agent_steps_per_second`, `loss`, `mean_q`, `gradient_norm` and `replay_fill`, the highest `rss_bytes` and
    `device_memory_bytes`, and the last `episode`, `recorded_at` and `attempt`. `rss_bytes_per_hour` is the
    slope of the trainer's memory as of the newest heartbeat, None while it is too early to say.
    """

    resolution: int
    episode: list[int]
    recorded_at: list[float]
    attempt: list[int]
    agent_steps_per_second: list[float]
    loss: list[float | None]
    mean_q: list[float | None]
    gradient_norm: list[float | None]
    rss_bytes: list[int]
    device_memory_bytes: list[int]
    replay_fill: list[float]
    rss_bytes_per_hour: float | None


POINT = {
    "episode": "max",
    "recorded_at": "max",
    "attempt": "max",
    "agent_steps_per_second": "avg",
    "loss": "avg",
    "mean_q": "avg",
    "gradient_norm": "avg",
    "rss_bytes": "max",
    "device_memory_bytes": "max",
    "replay_fill": "avg",
}
"""Column of `heartbeats` → SQL function that summarises the heartbeats of one point."""


def newest_heartbeat(
    connection: apsw.Connection, episode: int = EVERYTHING, attempt: int = EVERYTHING
) -> HeartbeatRow | None:
    """The newest heartbeat up to `episode`, of no attempt after `attempt`; None before the first."""
    newest = read(
        connection,
        HeartbeatRow,
        "heartbeats WHERE episode <= ? AND attempt <= ? ORDER BY position DESC LIMIT 1",
        (episode, attempt),
    )
    return newest[0] if newest else None


def read_health(
    connection: apsw.Connection,
    points: Annotated[int, msgspec.Meta(ge=1, le=2_000)] = 500,
    first: EpisodeNumber | None = None,
    last: EpisodeNumber | None = None,
) -> Health:
    """The heartbeats of the whole run, or of the episodes `first` to `last`, in at most `points` points."""
    between = (first if first is not None else 0, last if last is not None else EVERYTHING)
    total = (
        connection.execute("SELECT count(*) FROM heartbeats WHERE episode BETWEEN ? AND ?", between).get or 0
    )
    resolution = max(1, -(-int(total) // points))
    columns = ", ".join(f"{function}({name})" for name, function in POINT.items())
    rows: list[Any] = connection.execute(
        f"SELECT {columns} FROM (SELECT *, row_number() OVER (ORDER BY position) - 1 AS number"
        " FROM heartbeats WHERE episode BETWEEN ? AND ?) GROUP BY number / ? ORDER BY number / ?",
        (*between, resolution, resolution),
    ).fetchall()
    newest = newest_heartbeat(connection)
    return Health(
        resolution=resolution,
        rss_bytes_per_hour=newest.rss_bytes_per_hour if newest is not None else None,
        **{name: [row[place] for row in rows] for place, name in enumerate(POINT)},
    )


def read_trainer_status(connection: apsw.Connection) -> TrainerStatus | None:
    """How the trainer is; None before the run started."""
    attempt = connection.execute(
        "SELECT attempt, ended, detail, last_episode FROM attempts ORDER BY attempt DESC LIMIT 1"
    ).fetchone()
    if attempt is None:
        return None
    number, status, detail, episodes = attempt
    position, last_event_at, caught_up_at = connection.execute(
        "SELECT max(position), max(recorded_at), max(caught_up_at)"
        " FROM projector_positions LEFT JOIN projector_heartbeats USING (name)"
    ).fetchone() or (0, 0.0, None)
    # what the projectors have not read yet says nothing of the trainer
    if status == "running" and caught_up_at is not None and caught_up_at - last_event_at > SILENT_SECONDS:
        status = "silent"
    newest = newest_heartbeat(connection)
    return TrainerStatus(
        status=status,
        detail=detail,
        attempt=number,
        episodes_finished=episodes,
        last_event_at=last_event_at,
        position=position,
        agent_steps_per_second=newest.agent_steps_per_second if newest is not None else None,
        rss_bytes=newest.rss_bytes if newest is not None else None,
        rss_bytes_per_hour=newest.rss_bytes_per_hour if newest is not None else None,
        rss_limit_bytes=(newest.rss_limit_bytes or None) if newest is not None else None,
        # a process that has ended no longer endangers anything
        memory_alarm=newest.memory_alarm if newest is not None and status in ("running", "silent") else "",
        loss=newest.loss if newest is not None else None,
        mean_q=newest.mean_q if newest is not None else None,
        replay_fill=newest.replay_fill if newest is not None else None,
        checkpoint_at=connection.execute("SELECT max(recorded_at) FROM checkpoints").get,
    )


class HealthProjector(Projector):
    """Heartbeats, one row each."""

    name = "health"
    version = 3
    tables_owned = ("heartbeats",)
    ddl = """
        CREATE TABLE heartbeats (
            position INTEGER PRIMARY KEY,
            recorded_at REAL NOT NULL,
            attempt INTEGER NOT NULL,
            episode INTEGER NOT NULL,
            vector_step INTEGER NOT NULL,
            updates INTEGER NOT NULL,
            agent_steps_per_second REAL NOT NULL,
            loss REAL,
            mean_q REAL,
            gradient_norm REAL,
            rss_bytes INTEGER NOT NULL,
            device_memory_bytes INTEGER NOT NULL,
            replay_fill REAL NOT NULL,
            rss_limit_bytes INTEGER NOT NULL,
            rss_bytes_per_hour REAL,
            memory_alarm TEXT NOT NULL
        );
    """
    routes = (route("health", read_health), route("trainer", read_trainer_status))
    datasets = (
        table(
            "heartbeats",
            "the trainer's speed and health, superseded attempts included",
            (
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
                Column("rss_limit_bytes", "integer", "What the trainer may use, bytes; 0: unknown"),
                Column("rss_bytes_per_hour", "real", "Slope of the resident memory over the last hour"),
                Column("memory_alarm", "text", "A sentence, if that endangers the limit"),
            ),
            source="heartbeats",
            until="episode",
            order="position",
        ),
    )

    @handles(Heartbeat)
    def recorded(self, event: Heartbeat, metadata: EventMetadata) -> None:
        fields = {
            name: getattr(event, name) for name in HeartbeatRow.__struct_fields__ if hasattr(event, name)
        }
        row = HeartbeatRow(
            position=metadata.position,
            recorded_at=metadata.recorded_at,
            attempt=metadata.attempt,
            **fields,
        )
        self.tables.add(insert("heartbeats", HeartbeatRow), values(row))
