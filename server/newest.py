"""The newest state over HTTP, for a page that has not opened the WebSocket yet.

`index.html` names the address (`server.preload`), so that a browser asks for the answer together with the
scripts of the page. The answer is the message that a viewer gets on connecting to `/ws`, byte for byte.
"""

import time
from typing import TypeAlias, cast

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler

from server.hub import Hub
from server.messages import StateUpdate, Waiting
from server.preload import NEWEST
from server.responses import JsonResponse

__all__ = ["NewestMessage", "newest_route"]

NewestMessage: TypeAlias = StateUpdate | Waiting
JUST_STARTED = "the server has only just started"


def newest_route(hub: Hub) -> HTTPRouteHandler:
    """`/api/newest`, answered with the current message of `hub`."""

    @get(f"/{NEWEST}", sync_to_thread=False, response_class=JsonResponse)
    def newest() -> NewestMessage:
        """The newest state, or why there is none: the first message of the WebSocket."""
        if hub.current is None:
            return Waiting(server_time=time.time(), reason=JUST_STARTED)
        return cast(StateUpdate, msgspec.Raw(hub.current.encode()))

    return newest
