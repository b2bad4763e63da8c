"""One JSON Schema of everything that goes over the wire, from which the front end's types are generated."""

from typing import Any

import msgspec

from projections.engine.status import ProjectorStatus
from projections.readmodels.affordances import AffordanceGraph
from projections.readmodels.annotations import Annotation
from projections.readmodels.attempts import Attempt
from projections.readmodels.behaviours import Behaviour
from projections.readmodels.criteria import Criterion
from projections.readmodels.health import Health, TrainerStatus
from projections.readmodels.replays import EpisodeReplay
from projections.readmodels.run import Run
from projections.readmodels.series import Series
from projections.state import State
from server.messages import AnyClientMessage, AnyServerMessage
from server.snapshots.gallery import Gallery

API: dict[str, Any] = {
    "/api/run": Run | None,
    "/api/pulse": TrainerStatus | None,
    "/api/state": State,
    "/api/series": Series,
    "/api/annotations": list[Annotation],
    "/api/graph": AffordanceGraph,
    "/api/replay/{episode}": EpisodeReplay,
    "/api/attempts": list[Attempt],
    "/api/scorecard": list[Criterion],
    "/api/behaviours": list[Behaviour],
    "/api/health": Health,
    "/api/projectors": list[ProjectorStatus],
    "/api/gallery": Gallery,
}
"""What each route answers with status 200."""


def schema() -> dict[str, Any]:
    """The schema: `ServerMessage`, `ClientMessage` and every API answer as properties of one object."""
    names = ["ServerMessage", "ClientMessage", *API]
    parts, definitions = msgspec.json.schema_components(
        [AnyServerMessage, AnyClientMessage, *API.values()], ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Wire",
        "description": "Everything the server and its viewers say to each other.",
        "type": "object",
        "properties": dict(zip(names, parts, strict=True)),
        "required": names,
        "additionalProperties": False,
        "$defs": definitions,
    }
