"""The application: which handler answers where, and what runs as long as it does.

Nothing is decided here; each route lives in the module named after what it serves.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import anyio
from litestar import Litestar, websocket
from litestar.enums import HttpMethod, ScopeType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send

from core.errors import HamletError, StoreError
from projections.state import State, read_state
from server import responses as answers
from server.api import api
from server.async_read_model import AsyncReadModel, NoReadModelError
from server.files import file_routes
from server.frontend import Frontend
from server.health import health_routes
from server.hub import Hub
from server.live import LiveFeed
from server.settings import ServerSettings
from server.viewer import AnyWebSocket, serve_viewer


def create_app(settings: ServerSettings) -> ASGIApp:
    """The ASGI application of one server.

    Raises:
        ConfigError: the front end has not been built.
    """
    frontend = Frontend(settings.frontend)
    # two readers, each with a connection of its own: looking back must not hold up the present
    live_read_model, history_read_model = (
        AsyncReadModel(settings.run.read_model),
        AsyncReadModel(settings.run.read_model),
    )
    hub = Hub(settings.max_viewers)
    feed = LiveFeed(live_read_model, hub, settings.run, settings.disk_floor_bytes, settings.memory)

    async def state_at(episode: int) -> State | None:
        return await history_read_model.query(lambda connection: read_state(connection, episode))

    @websocket("/ws")
    async def viewers(socket: AnyWebSocket) -> None:
        await serve_viewer(socket, hub, state_at, settings.allowed_origins)

    @asynccontextmanager
    async def feeding(_app: Litestar) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(feed.run)
            yield
            tasks.cancel_scope.cancel()
        live_read_model.close()
        history_read_model.close()

    app = Litestar(
        route_handlers=[
            viewers,
            api(history_read_model, settings.run.snapshots),
            *health_routes(feed, hub, history_read_model),
            *file_routes(frontend, settings.run),
        ],
        lifespan=[feeding],
        exception_handlers={
            NoReadModelError: answers.on_no_read_model,
            StoreError: answers.on_store_error,
            HamletError: answers.on_user_error,
            HTTPException: answers.on_http_error,
            Exception: answers.on_bug,
        },
        openapi_config=None,
        logging_config=None,
    )
    return _answering_head(app)


def _answering_head(app: ASGIApp) -> ASGIApp:
    """Let monitors ask with HEAD whatever can be asked with GET; uvicorn leaves the body out."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == HttpMethod.HEAD:
            scope = cast(Scope, scope | {"method": "GET"})
        await app(scope, receive, send)

    return wrapped
