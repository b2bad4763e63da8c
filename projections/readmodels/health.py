"""How the trainer felt: every heartbeat, with running sums that give the slope of its memory in O(log n).

A heartbeat tells of the process, not of the line of learning, so those of superseded stretches stay.
"""

from core.events import Heartbeat
from projections.engine.projector import Moment, Projector, handles


class Health(Projector):
    """Heartbeats, one row each."""

    name = "health"
    version = 2
    tables_owned = ("heartbeats",)
    ddl = """
        -- sums over the attempt's heartbeats so far, of t = seconds since its first one and m = RSS in MiB,
        -- so that a least-squares slope over any stretch is a difference of two rows
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
            memory_alarm TEXT NOT NULL,
            n INTEGER NOT NULL,
            t REAL NOT NULL,
            sum_t REAL NOT NULL,
            sum_m REAL NOT NULL,
            sum_tt REAL NOT NULL,
            sum_tm REAL NOT NULL
        );
        CREATE INDEX idx_heartbeats_attempt ON heartbeats(attempt, recorded_at);
    """

    @handles(Heartbeat)
    def beat(self, event: Heartbeat, moment: Moment) -> None:
        before = self.tables.row(
            "SELECT attempt, recorded_at - t, n, sum_t, sum_m, sum_tt, sum_tm FROM heartbeats"
            " ORDER BY position DESC LIMIT 1"
        )
        if before is None or before[0] != moment.attempt:
            before = (moment.attempt, moment.recorded_at, 0, 0.0, 0.0, 0.0, 0.0)
        _, began, n, sum_t, sum_m, sum_tt, sum_tm = before
        t, m = moment.recorded_at - began, event.rss_bytes / 2**20
        self.tables.add(
            f"INSERT INTO heartbeats VALUES ({', '.join('?' * 22)})",
            (
                moment.position,
                moment.recorded_at,
                moment.attempt,
                event.episode,
                event.vector_step,
                event.updates,
                event.agent_steps_per_second,
                event.loss,
                event.mean_q,
                event.gradient_norm,
                event.rss_bytes,
                event.device_memory_bytes,
                event.replay_fill,
                event.rss_limit_bytes,
                event.rss_bytes_per_hour,
                event.memory_alarm,
                n + 1,
                t,
                sum_t + t,
                sum_m + m,
                sum_tt + t * t,
                sum_tm + t * m,
            ),
        )
