"""How HTTP answers look: JSON of a view, `{"error": …}` for what fails, 304 for what did not change."""

import gzip
import hashlib
import logging
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, ValidationException

from core.errors import HamletError, StoreError
from server.async_read_model import NoReadModelError

JSON = "application/json"
REVALIDATE = "no-cache"
COMPRESS_FROM = 16_384
"""Bytes from which a view is compressed: a long series shrinks from 87 to 41 kB, a state is not worth it."""
FASTEST = 1
logger = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()


def view(request: Request[Any, Any, Any], content: Any, cache_control: str = REVALIDATE) -> Response[bytes]:
    """A view as JSON, or 304 when the client has exactly this already.

    The ETag is a hash of the body: what a resume rewrites or a rebuild mends gets another one by itself.
    """
    body = _encoder.encode(content)
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": etag, "cache-control": cache_control, "vary": "accept-encoding"}
    if matches(request, etag):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers, media_type=JSON)
    if len(body) >= COMPRESS_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = gzip.compress(body, FASTEST, mtime=0), "gzip"
    return Response(body, headers=headers, media_type=JSON)


def matches(request: Request[Any, Any, Any], etag: str) -> bool:
    """Whether the client's `If-None-Match` names `etag`; weak tags count, as for any GET."""
    known = request.headers.get("if-none-match", "")
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in known.split(","))


def error(status: int, message: str, headers: dict[str, str] | None = None) -> Response[bytes]:
    """One sentence that says what was wrong."""
    return Response(
        _encoder.encode({"error": message}),
        status_code=status,
        headers={"cache-control": "no-store"} | (headers or {}),
        media_type=JSON,
    )


def on_no_read_model(_request: Request[Any, Any, Any], reason: NoReadModelError) -> Response[bytes]:
    """There is no read model yet: come back in a second."""
    return error(HTTPStatus.SERVICE_UNAVAILABLE, str(reason), {"retry-after": "1"})


def on_store_error(_request: Request[Any, Any, Any], trouble: StoreError) -> Response[bytes]:
    """A file that should be readable is not."""
    return error(HTTPStatus.SERVICE_UNAVAILABLE, str(trouble))


def on_user_error(_request: Request[Any, Any, Any], mistake: HamletError) -> Response[bytes]:
    """A query was asked for something that does not exist, such as an unknown metric."""
    return error(HTTPStatus.BAD_REQUEST, str(mistake))


def on_http_error(request: Request[Any, Any, Any], mistake: HTTPException) -> Response[bytes]:
    """What the framework refuses: unknown paths, methods, and parameters out of range."""
    message = mistake.detail
    if isinstance(mistake, NotFoundException) and message == HTTPStatus.NOT_FOUND.phrase:
        message = f"nothing is at {request.scope['path'][:100]}"
    if isinstance(mistake, ValidationException) and isinstance(mistake.extra, list):
        message = (
            "; ".join(f"{fault.get('key')}: {fault.get('message')}" for fault in mistake.extra) or message
        )
    return error(mistake.status_code, message, dict(mistake.headers or {}))


def on_bug(_request: Request[Any, Any, Any], bug: Exception) -> Response[bytes]:
    """Our mistake: the traceback goes to the log, nothing of it to the client."""
    logger.error("a request failed", exc_info=bug)
    return error(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error; the server's log says more")
