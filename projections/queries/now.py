"""What is true now: the run, its pulse, its health, and how far the projectors are."""

import time

import apsw
import msgspec

from core.events import WorldMap
from projections.views import Health, ProjectorStatus, Pulse, Run

WARM_UP_SECONDS = 600.0
"""An attempt's first minutes, while buffers fill, say nothing about a leak."""
LEAST_SECONDS = 60.0
"""Before that, an attempt has no slope worth the name."""
SLOPE_SECONDS = 6 * 3600.0
"""Stretch that the slope of the memory is taken over."""


def run(connection: apsw.Connection) -> Run | None:
    """The run as it is configured now; None before it started."""
    row = connection.execute(
        "SELECT seed, config_name, num_episodes, num_agents, world, started_at FROM run_facts"
    ).fetchone()
    if row is None:
        return None
    seed, config_name, num_episodes, num_agents, world_json, started_at = row
    world = msgspec.json.decode(world_json, type=WorldMap)
    randomized = connection.execute(
        "SELECT value FROM system_state WHERE key = 'affordance_randomization_episode'"
    ).get
    return Run(
        seed=seed,
        config_name=config_name,
        num_episodes=num_episodes,
        num_agents=num_agents,
        max_steps=world.max_steps,
        width=world.width,
        height=world.height,
        meters=world.meters,
        vital_meters=world.vital_meters,
        meter_full_scale=world.meter_full_scale,
        actions=world.actions,
        started_at=started_at,
        randomization_episode=int(randomized) if randomized is not None else None,
    )


def pulse(connection: apsw.Connection) -> Pulse | None:
    """How the trainer is; None before the run started."""
    attempt = connection.execute(
        "SELECT attempt, ended, detail, last_episode FROM attempts ORDER BY attempt DESC LIMIT 1"
    ).fetchone()
    if attempt is None:
        return None
    number, ended, detail, episodes = attempt
    (newest,) = connection.execute("SELECT max(position), max(recorded_at) FROM projector_positions")
    position, last_event_at = newest
    beat = connection.execute(
        "SELECT agent_steps_per_second, rss_bytes, rss_limit_bytes, memory_alarm, loss, mean_q, replay_fill"
        " FROM heartbeats"
        " ORDER BY position DESC LIMIT 1"
    ).fetchone()
    speed, rss, limit, alarm, loss, mean_q, fill = beat or (None, None, None, "", None, None, None)
    return Pulse(
        status=ended,
        detail=detail,
        attempt=number,
        episodes_finished=episodes,
        last_event_at=last_event_at,
        position=position,
        agent_steps_per_second=speed,
        rss_bytes=rss,
        rss_bytes_per_hour=memory_slope(connection),
        rss_limit_bytes=limit or None,
        # of a process that has ended there is nothing left to be alarmed about
        memory_alarm=alarm if ended == "running" else "",
        loss=loss,
        mean_q=mean_q,
        replay_fill=fill,
    )


def memory_slope(connection: apsw.Connection) -> float | None:
    """Least-squares slope of the trainer's RSS in bytes per hour; None in an attempt's first minute.

    Over the present attempt's last six hours, without its first ten minutes once it is twice as old.
    """
    sums = "n, sum_t, sum_m, sum_tt, sum_tm"
    newest = connection.execute(
        f"SELECT attempt, recorded_at, t, {sums} FROM heartbeats ORDER BY position DESC LIMIT 1"
    ).fetchone()
    if newest is None:
        return None
    attempt, recorded_at, t, *last = newest
    since = recorded_at - min(SLOPE_SECONDS, t - WARM_UP_SECONDS if t > 2 * WARM_UP_SECONDS else t)
    first = (
        connection.execute(
            f"SELECT {sums} FROM heartbeats WHERE attempt = ? AND recorded_at < ?"
            " ORDER BY attempt DESC, recorded_at DESC LIMIT 1",
            (attempt, since),
        ).fetchone()
        or (0,) * 5
    )
    n, sum_t, sum_m, sum_tt, sum_tm = (b - a for a, b in zip(first, last, strict=True))
    spread = n * sum_tt - sum_t * sum_t
    if n < 3 or spread <= 0 or t < LEAST_SECONDS:
        return None
    return float((n * sum_tm - sum_t * sum_m) / spread * 2**20 * 3600)


def health(connection: apsw.Connection, points: int = 500) -> Health:
    """The newest `points` heartbeats, oldest first, column by column."""
    rows = connection.execute(
        "SELECT episode, recorded_at, attempt, agent_steps_per_second, loss, mean_q, gradient_norm,"
        " rss_bytes, device_memory_bytes, replay_fill FROM heartbeats ORDER BY position DESC LIMIT ?",
        (points,),
    ).fetchall()
    columns = [list(column) for column in zip(*reversed(rows), strict=True)] or [[] for _ in range(10)]
    return Health(
        episode=columns[0],
        recorded_at=columns[1],
        attempt=columns[2],
        agent_steps_per_second=columns[3],
        loss=columns[4],
        mean_q=columns[5],
        gradient_norm=columns[6],
        rss_bytes=columns[7],
        device_memory_bytes=columns[8],
        replay_fill=columns[9],
        rss_bytes_per_hour=memory_slope(connection),
    )


def projectors(connection: apsw.Connection, head: int | None = None) -> list[ProjectorStatus]:
    """How far each projector is; `lag` only when the `head` of the log is given."""
    now = time.time()
    rows = connection.execute(
        "SELECT name, version, position, committed_at, rate, poison, poison_position"
        " FROM projector_positions LEFT JOIN projector_pulse USING (name) ORDER BY name"
    )
    return [
        ProjectorStatus(
            name=name,
            version=version,
            position=position,
            lag=max(0, head - position) if head is not None else None,
            age=max(0.0, now - committed_at) if committed_at is not None else None,
            rate=rate,
            poison=poison,
            poison_position=poison_position,
        )
        for name, version, position, committed_at, rate, poison, poison_position in rows
    ]
