"""The last whole hour of a run: what was trained, the best of it, and what happened.

A query over the tables of `attempts`, `episodes`, `annotations` and `behaviours`; no tables of its own.
"""

from typing import Any

import apsw
import msgspec

from projections.engine.route import LARGEST, EpisodeNumber, route
from projections.readmodels.annotations import Annotation, read_annotations
from projections.readmodels.attempts import read_attempts
from projections.readmodels.behaviour_rules import KIND_NAMES

HOUR_SECONDS = 3_600.0
MOST_EVENTS = 6
"""So many events of the hour are named, the newest; a viewer reads no more."""
UNTOLD = ("checkpoint", "record")
"""Kinds of marks that are no news of an hour: the regular ones, and the best, which is told by itself."""


class HourBehaviour(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of behaviour that was found in the hour, and the newest episode that shows the behaviour."""

    kind: str
    name: str
    episode: int


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in an hour of a run, by the clock, interruptions included.

    `hour` counts from 1; the hour began at `began_at` (Unix seconds). `first_episode` to `last_episode` ended
    in it, `episodes` of them. `mean_survival` is theirs, `mean_before` that of the hour before, in steps;
    None without episodes there. `best_episode` survived longest (the first one of several), `best_survival`
    steps. `events` are marks of the timeline, `behaviours` one of each kind that the agent chose.
    """

    hour: int
    began_at: float
    first_episode: int
    last_episode: int
    episodes: int
    mean_survival: float
    mean_before: float | None
    best_episode: int
    best_survival: int
    events: list[Annotation]
    behaviours: list[HourBehaviour]


def read_hour(connection: apsw.Connection, episode: EpisodeNumber | None = None) -> Hour | None:
    """The last whole hour up to the end of `episode` (the newest one without it).

    None while the run is shorter than an hour, and where no episode ended in that hour.
    """
    until = episode if episode is not None else LARGEST
    attempts = read_attempts(connection)
    newest: Any = connection.execute(
        "SELECT timestamp FROM episodes WHERE episode_id <= ? ORDER BY episode_id DESC LIMIT 1", (until,)
    ).get
    if not attempts or newest is None:
        return None
    started_at = attempts[0].started_at
    hour = int((newest - started_at) // HOUR_SECONDS)
    began_at = started_at + (hour - 1) * HOUR_SECONDS
    if hour < 1:
        return None
    first, last, count, mean = _episodes(connection, began_at, until)
    if count == 0:
        return None
    best: Any = connection.execute(
        "SELECT episode_id, survival_time FROM episodes WHERE episode_id BETWEEN ? AND ?"
        " ORDER BY survival_time DESC, episode_id LIMIT 1",
        (first, last),
    ).fetchone()
    marks = [mark for mark in read_annotations(connection, first, last) if mark.kind not in UNTOLD]
    return Hour(
        hour=hour,
        began_at=began_at,
        first_episode=first,
        last_episode=last,
        episodes=count,
        mean_survival=mean,
        mean_before=_episodes(connection, began_at - HOUR_SECONDS, until)[3] if hour > 1 else None,
        best_episode=best[0],
        best_survival=best[1],
        events=marks[-MOST_EVENTS:],
        behaviours=_behaviours(connection, first, last),
    )


def _episodes(connection: apsw.Connection, began_at: float, until: int) -> tuple[Any, Any, int, Any]:
    """First and last episode that ended within an hour from `began_at`, how many did, and their mean."""
    found: Any = connection.execute(
        "SELECT min(episode_id), max(episode_id), count(*), avg(survival_time) FROM episodes"
        " WHERE timestamp > ? AND timestamp <= ? AND episode_id <= ?",
        (began_at, began_at + HOUR_SECONDS, until),
    ).fetchone()
    return tuple(found)


def _behaviours(connection: apsw.Connection, first: int, last: int) -> list[HourBehaviour]:
    rows: Any = connection.execute(
        "SELECT kind, max(episode) FROM behaviours WHERE episode BETWEEN ? AND ? AND beginner = 0"
        " GROUP BY kind ORDER BY 2 DESC",
        (first, last),
    )
    return [
        HourBehaviour(kind=kind, name=KIND_NAMES.get(kind, kind), episode=episode) for kind, episode in rows
    ]


ROUTES = (route("hour", read_hour),)
