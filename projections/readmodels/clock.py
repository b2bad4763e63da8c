"""The clock of a run: the agent steps made and the time passed when an episode ended.

A query over the tables of the read models `episodes` and `run`; no tables of its own.
"""

from itertools import accumulate
from typing import Annotated, Any

import apsw
import msgspec

from projections.engine.route import EpisodeNumber, route
from projections.readmodels.run import read_run


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """Agent steps and time at the end of some episodes, column by column; both never decrease.

    `agent_steps` counts the steps of all agents since the run began. `hours` is the time since the run
    started, interruptions included, by the trainer's clock; where that clock was set back, time stands still.
    """

    episode: list[int]
    agent_steps: list[int]
    hours: list[float]


def read_clock(
    connection: apsw.Connection,
    first: EpisodeNumber | None = None,
    last: EpisodeNumber | None = None,
    points: Annotated[int, msgspec.Meta(ge=2, le=1_000)] = 200,
) -> Clock:
    """Agent steps and hours at the end of at most `points` episodes, evenly spread from `first` to `last`."""
    run = read_run(connection)
    newest = connection.execute("SELECT max(episode_id) FROM episode_details").get or 0
    first, last = max(1, first or 1), min(newest, last if last is not None else newest)
    if run is None or last < first:
        return Clock(episode=[], agent_steps=[], hours=[])
    spread = range(points) if last - first >= points else range(last - first + 1)
    wanted = sorted({first + (last - first) * number // max(1, len(spread) - 1) for number in spread})
    rows: list[Any] = connection.execute(
        "SELECT episode_id, vector_step, timestamp FROM json_each(?)"
        " JOIN episodes ON episode_id = value JOIN episode_details USING (episode_id) ORDER BY episode_id",
        (msgspec.json.encode(wanted).decode(),),
    ).fetchall()
    return Clock(
        episode=[episode for episode, _, _ in rows],
        agent_steps=list(accumulate((steps * run.num_agents for _, steps, _ in rows), max)),
        hours=list(accumulate((max(0.0, (at - run.started_at) / 3600) for _, _, at in rows), max)),
    )


ROUTES = (route("clock", read_clock),)
