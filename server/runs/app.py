"""The application over many runs: which request belongs to which run, and the pages about all of them.

`/` and `/runs` are the list, `/api/runs` the same as JSON; `/compare` is a comparison of runs, `/api/compare`
the same as JSON; everything below `/runs/<run_id>/` is the
dashboard of one run, answered as a server of that run alone would. With one run `/` leads to its dashboard.
"""

import re
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from litestar import Litestar, get
from litestar.enums import ScopeType
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import ASGIApp, Receive, Scope, Send

from projections.readmodels import ReadModels
from projections.runs.catalogue import RunCatalogue, RunList
from server.files import page_routes
from server.frontend import Frontend
from server.middleware import add_page_headers, answer_head, redirect, strip_root_path
from server.responses import JsonResponse
from server.run_app import EXCEPTION_HANDLERS, OPENAPI
from server.runs.compare import Comparisons, compare_routes
from server.runs.health import health_routes
from server.runs.open_runs import OpenRuns
from server.runs.watch import Watch
from server.settings import ServerSettings
from server.snapshots.gallery import Gallery
from server.towns import town_routes

RUN_ADDRESS = re.compile(r"/runs/(?P<run_id>[A-Za-z0-9_-]{1,64})(?P<rest>/.*)?", re.DOTALL)
PAGES_OF_ONE = frozenset({"/", "/index.html", "/stream", "/gallery", "/editor"})
"""Addresses that lead to the dashboard of the run, as long as there is only one."""


def create_runs_app(settings: ServerSettings, folder: Path, read_models: ReadModels) -> ASGIApp:
    """The ASGI application of a server over all runs below `folder`.

    Raises:
        ConfigError: the front end has not been built.
    """
    frontend = Frontend(settings.frontend, settings.root_path, many_runs=True)
    catalogue = RunCatalogue(folder)
    open_runs = OpenRuns(settings, catalogue, frontend, read_models)
    watch = Watch(settings, catalogue, open_runs)
    app = Litestar(
        route_handlers=[
            runs_route(catalogue),
            *compare_routes(Comparisons(catalogue)),
            *town_routes(),
            *unknown_run_routes(),
            *health_routes(watch.every, open_runs),
            *pages(frontend),
        ],
        lifespan=[watch.lifespan],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=OPENAPI,
        logging_config=None,
    )
    about_all = add_page_headers(answer_head(app), settings.allowed_frames)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))  # the messages about the server's own life have none
        address = RUN_ADDRESS.fullmatch(path)
        run = open_runs.get(address["run_id"], watch.tasks) if address is not None else None
        only = catalogue.shown() if path in PAGES_OF_ONE and len(catalogue.runs) == 1 else []
        is_http = scope["type"] == ScopeType.HTTP
        if address is not None and run is not None and address["rest"] is None and is_http:
            await redirect(send, f"{settings.root_path}{path}/{_query(scope)}")
        elif address is not None and run is not None and address["rest"] is not None:
            inside: Any = scope | {"path": address["rest"], "raw_path": quote(address["rest"]).encode()}
            async with run.request(watch.clock) as shown:
                await shown.app(inside, receive, send)
        elif only and is_http:
            page = path.removesuffix("index.html")
            target = f"{settings.root_path}/runs/{only[0].summary.run_id}{page}{_query(scope)}"
            await redirect(send, target, HTTPStatus.TEMPORARY_REDIRECT)
        else:
            await about_all(scope, receive, send)

    return strip_root_path(dispatch, settings.root_path)


def runs_route(catalogue: RunCatalogue) -> HTTPRouteHandler:
    """`/api/runs`."""

    @get("/api/runs", sync_to_thread=False, response_class=JsonResponse)
    def runs() -> RunList:
        """All runs below the folder, with what a list shows of each."""
        return catalogue.list()

    return runs


def unknown_run_routes() -> list[HTTPRouteHandler]:
    """The answer for a run that is not there; the addresses of the others never come here."""

    @get(
        ["/runs/{run_id:str}", "/runs/{run_id:str}/{path:path}"],
        sync_to_thread=False,
        include_in_schema=False,
    )
    def unknown_run(run_id: FromPath[str]) -> None:
        raise NotFoundException(f"no run {run_id[:64]} is here; it may have been moved away")

    return [unknown_run]


def pages(frontend: Frontend) -> list[HTTPRouteHandler]:
    """The list of runs; previews of links to it show the dashboard's own picture."""
    return page_routes(frontend, lambda: Gallery(updated_at=0.0))


def _query(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    return f"?{query.decode('latin-1')}" if query else ""
