"""One JSON Schema of the WebSocket messages and API answers; the front end's types are generated from it."""

from collections.abc import Iterable
from typing import Any

import msgspec

from projections.compare.result import Comparison
from projections.engine.route import Route
from projections.runs.catalogue import RunList
from server.messages import AnyClientMessage, AnyServerMessage
from server.snapshots.gallery import Gallery
from server.towns import ShippedTown, TownAnswer, TownQuestion
from server.websocket_check import WebSocketCheck


def answers(routes: Iterable[Route]) -> dict[str, Any]:
    """The type of every address's answer with status 200."""
    return {f"/api{route.path}": route.result for route in routes} | {
        "/api/compare": Comparison,
        "/api/gallery": Gallery,
        "/api/runs": RunList,
        "/api/town/check": TownAnswer,
        "/api/towns": list[ShippedTown],
        "/api/websocket": WebSocketCheck,
    }


def schema(routes: Iterable[Route]) -> dict[str, Any]:
    """The schema: `ServerMessage`, `ClientMessage` and every API answer as properties of one object."""
    asked = {
        "ServerMessage": AnyServerMessage,
        "ClientMessage": AnyClientMessage,
        "TownQuestion": TownQuestion,
    }
    types = asked | answers(routes)
    parts, definitions = msgspec.json.schema_components(types.values(), ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Wire",
        "description": "Everything that the server and its viewers send each other.",
        "type": "object",
        "properties": dict(zip(types, parts, strict=True)),
        "required": list(types),
        "additionalProperties": False,
        "$defs": definitions,
    }
