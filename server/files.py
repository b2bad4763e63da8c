"""The dashboard's files, and the snapshots and exports to look at and download.

Only files whose names the snapshot worker could have given are served, so no request can name another one.
"""

import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import File

from core.run_directory import RunDirectory
from server.frontend import Frontend
from server.responses import matches, view
from server.snapshots.gallery import EXPORT_NAME, FINAL_EXPORT, GIF_NAME, SCREENSHOT_NAME, read_index

AnyRequest = Request[Any, Any, Any]

MEDIA_TYPES = {".png": "image/png", ".gif": "image/gif", ".csv": "text/csv"}
KEPT_FOR_A_MINUTE = "public, max-age=60"
"""A run begun anew makes files of the same names, so nothing under them is for ever."""


def file_routes(frontend: Frontend, run: RunDirectory) -> list[HTTPRouteHandler]:
    """`/api/gallery`, `/snapshots/…`, `/exports/…`, and the dashboard everywhere else."""

    @get("/api/gallery", sync_to_thread=True)
    def gallery(request: AnyRequest) -> Response[bytes]:
        return view(request, read_index(run.snapshots))

    @get("/snapshots/{name:str}", sync_to_thread=False)
    def snapshot(name: FromPath[str]) -> File:
        return _made_file(run.snapshots, name, (SCREENSHOT_NAME, GIF_NAME), "inline")

    @get("/exports/{name:str}", sync_to_thread=False)
    def export(name: FromPath[str]) -> File:
        return _made_file(run.exports, name, (EXPORT_NAME, re.compile(re.escape(FINAL_EXPORT))), "attachment")

    @get(["/", "/{path:path}"], sync_to_thread=False)
    def dashboard(request: AnyRequest, path: FromPath[str] = "") -> Response[bytes]:
        return _dashboard_file(frontend, request, path.removeprefix("/"))

    return [gallery, snapshot, export, dashboard]


def _made_file(folder: Path, name: str, patterns: tuple[re.Pattern[str], ...], disposition: Any) -> File:
    path = folder / name
    if not any(pattern.fullmatch(name) for pattern in patterns) or not path.is_file():
        raise NotFoundException(f"no such file: {name[:100]}")
    return File(
        path,
        filename=name,
        media_type=MEDIA_TYPES[path.suffix],
        content_disposition_type=disposition,
        headers={"cache-control": KEPT_FOR_A_MINUTE},
    )


def _dashboard_file(frontend: Frontend, request: AnyRequest, path: str) -> Response[bytes]:
    asset = frontend.find(path)
    if asset is None:
        raise NotFoundException(f"nothing is at /{path[:100]}")
    headers = {"etag": asset.etag, "cache-control": asset.cache_control, "vary": "accept-encoding"}
    if matches(request, asset.etag):
        return Response(
            b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers, media_type=asset.media_type
        )
    if asset.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(asset.compressed, headers=headers, media_type=asset.media_type)
    return Response(asset.content, headers=headers, media_type=asset.media_type)
