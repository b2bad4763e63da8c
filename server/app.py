"""The application: which handler answers at which address, and what runs as long as the application does.

Nothing is decided here; each route is in the module named after what the route serves.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from litestar import Litestar, websocket
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.types import ASGIApp

from core.errors import HamletError, StoreError
from core.version import VERSION
from projections.readmodels import READ_MODELS, ReadModels
from projections.state import routes
from server import responses
from server.api import api
from server.async_read_model import AsyncReadModel, NoReadModelError
from server.files import file_routes
from server.frontend import Frontend
from server.health import health_routes
from server.hub import Hub
from server.live import LiveFeed
from server.middleware import add_page_headers, answer_head, strip_root_path
from server.notifications import receivers, watch_alarms
from server.settings import ServerSettings
from server.viewer import AnyWebSocket, Origins, serve_viewer
from server.websocket_check import websocket_routes

# JSON and YAML only: Litestar's pages for people load their scripts from other hosts
OPENAPI = OpenAPIConfig(
    title="Hamlet",
    version=VERSION,
    description="A run of the little town: its present, its history, its files.",
    path="/schema",
    render_plugins=[JsonRenderPlugin(), YamlRenderPlugin()],
    use_handler_docstrings=True,
)


def create_app(settings: ServerSettings, read_models: ReadModels = READ_MODELS) -> ASGIApp:
    """The ASGI application of one server, with the routes of `read_models` under `/api`.

    Raises:
        ConfigError: the front end has not been built.
    """
    frontend = Frontend(settings.frontend, settings.root_path)
    # two connections: queries about the past must not delay the newest state
    live_read_model = AsyncReadModel(settings.run.read_model)
    history_read_model = AsyncReadModel(settings.run.read_model)
    hub = Hub(settings.max_viewers)
    feed = LiveFeed(live_read_model, hub, settings.run, settings.disk_floor_bytes, settings.memory)

    origins = Origins(settings.allowed_origins)

    @websocket("/ws")
    async def viewers(socket: AnyWebSocket) -> None:
        await serve_viewer(socket, hub, origins)

    @asynccontextmanager
    async def run_feed(_app: Litestar) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(feed.run)
            if told := receivers(settings.alarm_command, settings.alarm_url):
                tasks.start_soon(watch_alarms, feed.status, told)
            yield
            tasks.cancel_scope.cancel()
        live_read_model.close()
        history_read_model.close()

    app = Litestar(
        route_handlers=[
            viewers,
            *websocket_routes(origins),
            api(history_read_model, settings.run.snapshots, routes(read_models)),
            *health_routes(feed, hub),
            *file_routes(frontend, settings.run),
        ],
        lifespan=[run_feed],
        exception_handlers={
            NoReadModelError: responses.on_no_read_model,
            StoreError: responses.on_store_error,
            HamletError: responses.on_user_error,
            HTTPException: responses.on_http_error,
            Exception: responses.on_bug,
        },
        openapi_config=OPENAPI,
        logging_config=None,
    )
    paged = add_page_headers(answer_head(app), settings.allowed_frames)
    return strip_root_path(paged, settings.root_path)
