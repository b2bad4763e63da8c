"""The dashboard of one run as an application: pages, `/api`, WebSocket, pictures, health."""

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Litestar, websocket
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.types import ASGIApp

from core.errors import HamletError, StoreError
from core.run_directory import RunDirectory
from core.version import VERSION
from projections.readmodels import ReadModels
from projections.state import routes
from server import responses
from server.api import api
from server.async_read_model import AsyncReadModel, NoReadModelError
from server.files import file_routes
from server.frontend import Frontend
from server.health import health_routes
from server.hub import Hub
from server.live import LiveFeed
from server.middleware import add_page_headers, answer_head
from server.settings import ServerSettings
from server.towns import town_routes
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

EXCEPTION_HANDLERS: Any = {
    NoReadModelError: responses.on_no_read_model,
    StoreError: responses.on_store_error,
    HamletError: responses.on_user_error,
    HTTPException: responses.on_http_error,
    Exception: responses.on_bug,
}
"""How a failure of any handler is answered."""


class RunApp:
    """The dashboard of one run: `app` answers requests while `feed.run` publishes the newest state to `hub`.

    `app` expects paths without the path under which the pages are shown.
    """

    def __init__(
        self,
        settings: ServerSettings,
        run: RunDirectory,
        frontend: Frontend,
        read_models: ReadModels,
        lifespan: Sequence[Any] = (),
        supervised: bool = True,
        connected: Callable[[], int] | None = None,
    ) -> None:
        """`lifespan` are context managers that last as long as the server; they get this as `state.shown`.

        `connected` as in `Hub`.
        """
        self.settings = settings
        # two connections: queries about the past must not delay the newest state
        self._live_read_model = AsyncReadModel(run.read_model)
        self._history_read_model = AsyncReadModel(run.read_model)
        self.hub = Hub(settings.max_viewers, connected)
        self.feed = LiveFeed(
            self._live_read_model, self.hub, run, settings.disk_floor_bytes, settings.memory, supervised
        )
        origins = Origins(settings.allowed_origins)

        @websocket("/ws")
        async def viewers(socket: AnyWebSocket) -> None:
            await serve_viewer(socket, self.hub, origins)

        app = Litestar(
            route_handlers=[
                viewers,
                *websocket_routes(origins),
                api(self._history_read_model, run.snapshots, routes(read_models)),
                *health_routes(self.feed, self.hub),
                *town_routes(),
                *file_routes(frontend, run),
            ],
            lifespan=list(lifespan),
            state=State({"shown": self}),
            exception_handlers=EXCEPTION_HANDLERS,
            openapi_config=OPENAPI,
            logging_config=None,
        )
        self.app: ASGIApp = add_page_headers(answer_head(app), settings.allowed_frames)

    def close(self) -> None:
        """Close the read model, once the feed has ended."""
        self._live_read_model.close()
        self._history_read_model.close()
