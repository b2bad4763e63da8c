"""The one composite of all read models: everything as of an episode, and every route of the API.

A part of the state is what a read model declares in `as_of`. `State` are the parts that the page draws every
second; `projections at` prints every part there is.
"""

from typing import Any

import apsw
import msgspec

from core.definitions import WINDOW, Recovery
from core.events import Placement
from projections.engine.route import EpisodeNumber, Route, route
from projections.engine.status import STATUS_ROUTE
from projections.readmodels import READ_MODELS, ReadModels
from projections.readmodels.affordances import AffordanceGraph
from projections.readmodels.curriculum import StageProgress
from projections.readmodels.episodes import Metrics, newest_episode
from projections.readmodels.heatmap import Heatmap
from projections.readmodels.policies import PolicySummary


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows of one episode: as of the end of `episode` of the present lineage.

    `heatmap`, `affordance_graph` and `mean_survival` (in steps) cover the last `window` episodes.
    `stage` is None in a run without a curriculum. `checkpoint` is the name of the newest file, `policy` the
    newest one recorded, each None before the first.
    """

    episode: int
    window: int
    metrics: Metrics
    mean_survival: float
    heatmap: Heatmap
    affordance_graph: AffordanceGraph
    layout: list[Placement]
    stage: StageProgress | None
    recovery: Recovery
    checkpoint: str | None
    policy: PolicySummary | None


def read_state(connection: apsw.Connection, episode: EpisodeNumber | None = None) -> State | None:
    """Everything the page shows as of the end of `episode`, the newest one without it; None if not there."""
    names = State.__struct_fields__
    parts = read_parts(connection, episode, names=names)
    return State(window=WINDOW, **parts) if parts is not None else None


def read_parts(
    connection: apsw.Connection,
    episode: int | None = None,
    read_models: ReadModels = READ_MODELS,
    names: tuple[str, ...] | None = None,
) -> dict[str, Any] | None:
    """The parts of the state as of the end of `episode`, by name; `names` chooses some, None all.

    None if the present lineage has no such episode.
    """
    if episode is None:
        episode = newest_episode(connection)
    known = connection.execute("SELECT 1 FROM episode_details WHERE episode_id = ?", (episode,)).get
    if known is None:
        return None
    parts: dict[str, Any] = {"episode": episode}
    for read_model in read_models:
        for part in read_model.as_of:
            if names is None or part.name in names:
                parts[part.name] = part.query(connection, episode)
    return parts


def no_state(episode: int | None = None) -> str:
    """Why there is no state."""
    if episode is None:
        return "no episode has finished yet"
    return f"episode {episode} is not in the present lineage"


def routes(read_models: ReadModels = READ_MODELS) -> tuple[Route, ...]:
    """Every route of the API that the read models answer."""
    own = (route("state", read_state, missing=no_state), STATUS_ROUTE)
    return (*own, *(found for read_model in read_models for found in read_model.routes))
