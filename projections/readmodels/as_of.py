"""How far a run was at the end of an episode: for what is shown of the past as well as of the present.

A query over the tables of the read models `episodes` and `attempts`; no tables of its own.
"""

from typing import Any

import apsw
import msgspec

from projections.readmodels.attempts import Attempt, read_attempts
from projections.readmodels.episodes import EPISODES_WITH_DETAILS
from projections.readmodels.run import read_configuration, read_run


class AsOf(msgspec.Struct, frozen=True, kw_only=True):
    """The run at the end of `episode` of the present lineage, 0 before the first.

    `ended_at` is when the episode ended, at the newest episode when its attempt did (Unix seconds);
    `attempts` are those begun by then. `newest`: no episode has ended since. `completed`: none will, the run
    has its planned length.
    """

    episode: int
    ended_at: float
    attempts: list[Attempt]
    newest: bool
    completed: bool


def read_as_of(connection: apsw.Connection, episode: int | None = None) -> AsOf:
    """The run at the end of `episode`, the newest one without it or where there is no such episode."""
    attempts = read_attempts(connection)
    newest = attempts[-1].last_episode if attempts else 0
    row: Any = None
    if episode is not None and episode < newest:
        row = connection.execute(
            f"SELECT timestamp, attempt FROM {EPISODES_WITH_DETAILS} WHERE episode_id = ?", (episode,)
        ).fetchone()
    if episode is None or row is None:
        return AsOf(
            episode=newest,
            ended_at=attempts[-1].ended_at if attempts else 0.0,
            attempts=attempts,
            newest=True,
            completed=bool(attempts) and attempts[-1].ended == "completed",
        )
    ended_at, attempt = row
    begun = [found for found in attempts if found.attempt <= attempt]
    return AsOf(episode=episode, ended_at=ended_at, attempts=begun, newest=False, completed=False)


def read_planned_hours(connection: apsw.Connection) -> float | None:
    """How many hours the run is to take at its pace; None for a run without a pace."""
    configuration, run = read_configuration(connection), read_run(connection)
    if configuration is None or run is None:
        return None
    pace = (configuration.config.get("training") or {}).get("pace")
    return run.num_episodes / pace["episodes_per_hour"] if pace is not None else None
