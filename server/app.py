"""The application of a server: the dashboard of one run, or with `--runs` that of many.

Nothing is decided here; each route is in the module named after what the route serves.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from litestar import Litestar
from litestar.types import ASGIApp

from projections.readmodels import READ_MODELS, ReadModels
from server.frontend import Frontend
from server.middleware import strip_root_path
from server.notifications import receivers, watch_alarms
from server.run_app import RunApp
from server.runs.app import create_runs_app
from server.settings import ServerSettings


def create_app(settings: ServerSettings, read_models: ReadModels = READ_MODELS) -> ASGIApp:
    """The ASGI application of one server, with the routes of `read_models` under `/api`.

    Raises:
        ConfigError: the front end has not been built.
    """
    if settings.runs is not None:
        return create_runs_app(settings, settings.runs, read_models)
    assert settings.run is not None
    frontend = Frontend(settings.frontend, settings.root_path)
    shown = RunApp(settings, settings.run, frontend, read_models, lifespan=[_serve_one])
    return strip_root_path(shown.app, settings.root_path)


@asynccontextmanager
async def _serve_one(app: Litestar) -> AsyncIterator[None]:
    """Keep the feed of the one run going, and tell of its alarms, as long as the server runs."""
    shown: RunApp = app.state.shown
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(shown.feed.run)
        if told := receivers(shown.settings.alarm_command, shown.settings.alarm_url):
            tasks.start_soon(watch_alarms, shown.feed.status, told)
        yield
        tasks.cancel_scope.cancel()
    shown.close()
