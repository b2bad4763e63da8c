"""The dashboard's files, and the snapshot worker's pictures and exports for viewing and download.

Only names that the snapshot worker itself gives are served, so no request can name another file.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import anyio
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import File

from core.errors import StoreError
from core.run_directory import RunDirectory
from server.frontend import Asset, Frontend
from server.link_preview import preview_tags, shared_page
from server.responses import AnyRequest, accepts, matches
from server.snapshots.gallery import (
    EXPORT_NAME,
    FINAL_EXPORT,
    GIF_NAME,
    HISTORY,
    HISTORY_NAME,
    SCREENSHOT_NAME,
    Gallery,
    read_index,
)

MEDIA_TYPES = {".png": "image/png", ".gif": "image/gif", ".csv": "text/csv"}
KEPT_FOR_A_MINUTE = "public, max-age=60"
"""A restarted run makes files of the same names, so these files may change."""


def file_routes(frontend: Frontend, run: RunDirectory) -> list[HTTPRouteHandler]:
    """`/snapshots/…`, `/exports/…`, and the dashboard everywhere else."""

    @get("/snapshots/{name:str}", sync_to_thread=False)
    def snapshot(name: FromPath[str]) -> File:
        """A screenshot or GIF that the gallery lists."""
        return _made_file(run.snapshots, name, (SCREENSHOT_NAME, GIF_NAME), "inline")

    @get(f"/snapshots/{HISTORY}/{{name:str}}", sync_to_thread=False)
    def picture(name: FromPath[str]) -> File:
        """A picture of the past that the gallery lists."""
        return _made_file(run.snapshots / HISTORY, name, (HISTORY_NAME,), "inline")

    @get("/exports/{name:str}", sync_to_thread=False)
    def export(name: FromPath[str]) -> File:
        """A CSV export that the gallery lists."""
        return _made_file(run.exports, name, (EXPORT_NAME, re.compile(re.escape(FINAL_EXPORT))), "attachment")

    return [snapshot, picture, export, *page_routes(frontend, lambda: _known_pictures(run))]


def page_routes(frontend: Frontend, known_pictures: Callable[[], Gallery]) -> list[HTTPRouteHandler]:
    """The pages, and the dashboard's files everywhere else; `known_pictures` for previews of links."""

    @get([f"/{page}" for page in sorted(frontend.pages)], include_in_schema=False)
    async def page(request: AnyRequest) -> Response[bytes]:
        return _page(frontend, request, await anyio.to_thread.run_sync(known_pictures))

    @get("/{path:path}", sync_to_thread=False, include_in_schema=False)
    def dashboard(request: AnyRequest, path: FromPath[str]) -> Response[bytes]:
        return _dashboard_file(frontend, request, path.removeprefix("/"))

    return [page, dashboard]


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


def _known_pictures(run: RunDirectory) -> Gallery:
    try:
        return read_index(run.snapshots)
    except StoreError:  # the page matters more than the picture of its preview
        return Gallery(updated_at=0.0)


def _page(frontend: Frontend, request: AnyRequest, gallery: Gallery) -> Response[bytes]:
    path = request.scope["path"].strip("/")
    shared = shared_page(
        path,
        request.scope["scheme"],
        request.headers.get("host", ""),
        frontend.root_path,
        request.query_params.get("episode"),
        frontend.run_name,
    )
    return _answer(request, path, frontend.page(path, preview_tags(shared, gallery)))


def _dashboard_file(frontend: Frontend, request: AnyRequest, path: str) -> Response[bytes]:
    return _answer(request, path, frontend.find(path))


def _answer(request: AnyRequest, path: str, asset: Asset | None) -> Response[bytes]:
    if asset is None:
        raise NotFoundException(f"nothing is at /{path[:100]}")
    headers = {"etag": asset.etag, "cache-control": asset.cache_control, "vary": "accept-encoding"}
    if matches(request, asset.etag):
        return Response(
            b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers, media_type=asset.media_type
        )
    for encoding, packed in (("br", asset.brotli), ("gzip", asset.gzipped)):
        if packed is not None and accepts(request, encoding):
            headers["content-encoding"] = encoding
            return Response(packed, headers=headers, media_type=asset.media_type)
    return Response(asset.content, headers=headers, media_type=asset.media_type)
