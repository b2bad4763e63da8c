"""How far each projector is: behind the log, since its last commit, and what stopped it."""

import time

import apsw
import msgspec

from projections.engine.route import route


class ProjectorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a projector is: `lag` in events, `age` in seconds since its last commit.

    `rate` in events/s over its last catch-up; `poison` says why it stopped, if an event stopped it.
    """

    name: str
    version: int
    position: int
    lag: int | None
    age: float | None
    rate: float | None
    poison: str | None
    poison_position: int | None


def read_projectors(connection: apsw.Connection) -> list[ProjectorStatus]:
    """How far each projector is; `lag` is behind the foremost projector, since the log is not read here."""
    foremost = connection.execute("SELECT max(position) FROM projector_positions").get or 0
    return projectors_behind(connection, int(foremost))


def projectors_behind(connection: apsw.Connection, head: int | None) -> list[ProjectorStatus]:
    """How far each projector is behind the position `head` of the log; None: `lag` is unknown."""
    now = time.time()
    rows = connection.execute(
        "SELECT name, version, position, committed_at, rate, poison, poison_position"
        " FROM projector_positions LEFT JOIN projector_heartbeats USING (name) ORDER BY name"
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


STATUS_ROUTE = route("projectors", read_projectors)
