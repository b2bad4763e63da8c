"""Why a page cannot open the WebSocket, for pages behind a proxy: browsers do not tell a page."""

import logging
from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from server.responses import AnyRequest, JsonResponse, error
from server.viewer import Origins

NO_UPGRADE = (
    "a request for the WebSocket came as plain HTTP: "
    "the proxy in front has to pass the headers Upgrade and Connection"
)
PageOrigin = Annotated[str, QueryParameter(max_length=200)]

logger = logging.getLogger(__name__)


class WebSocketCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a page may open the WebSocket; `reason` says why not, else what a failure would mean."""

    allowed: bool
    reason: str


def websocket_routes(origins: Origins) -> list[HTTPRouteHandler]:
    """`/api/websocket`, which a page asks when its WebSocket fails, and plain HTTP at `/ws`."""
    logged: list[str] = []

    @get("/api/websocket", sync_to_thread=False, response_class=JsonResponse)
    def websocket(request: AnyRequest, origin: PageOrigin) -> WebSocketCheck:
        """Whether a page of `origin` may open the WebSocket at the address it was asked under."""
        refusal = origins.refusal(origin, request.headers.get("host"))
        if refusal:
            origins.log_refusal(origin, request.headers.get("host"))
        return WebSocketCheck(allowed=not refusal, reason=refusal or NO_UPGRADE)

    @get("/ws", sync_to_thread=False, include_in_schema=False)
    def without_upgrade() -> Response[bytes]:
        if not logged:
            logged.append(NO_UPGRADE)
            logger.warning("%s", NO_UPGRADE)
        return error(HTTPStatus.UPGRADE_REQUIRED, NO_UPGRADE, {"upgrade": "websocket"})

    return [websocket, without_upgrade]
