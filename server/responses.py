"""How HTTP answers look: JSON with an ETag, 304 for unchanged content, gzip, `{"error": …}` for failures."""

import gzip
import hashlib
import logging
from html import escape
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from litestar.response.base import ASGIResponse

from core.errors import HamletError, StoreError
from server.async_read_model import NoReadModelError

JSON = "application/json"
REVALIDATE = "no-cache"
COMPRESS_FROM = 2_048
"""Bytes from which JSON is compressed: on a slow connection every kilobyte is seen."""
GZIP_LEVEL = 6

AnyRequest = Request[Any, Any, Any]

logger = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()


NOT_FOUND_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>Hamlet: nothing is here</title>
<link rel="icon" href="{home}favicon.svg" type="image/svg+xml" />
<link rel="stylesheet" href="{home}not-found.css" />
</head>
<body>
<main>
<h1>Nothing is here</h1>
<p>{message}</p>
<p><a href="{home}">Go to the town</a></p>
</main>
</body>
</html>
"""


class JsonResponse(Response[Any]):
    """The result of a handler as JSON: 304 when the client has this content already, gzip when it is long.

    The ETag is a hash of the content, so whatever a resume or a rebuild changes gets another ETag.
    """

    def to_asgi_response(self, app: Any, request: AnyRequest, **options: Any) -> ASGIResponse:
        """Encode the content and answer the request's `If-None-Match` and `Accept-Encoding`."""
        body = _encoder.encode(self.content)
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"etag": etag, "cache-control": REVALIDATE, "vary": "accept-encoding"}
        status = self.status_code or options.get("status_code") or HTTPStatus.OK
        if matches(request, etag):
            body, status = b"", HTTPStatus.NOT_MODIFIED
        elif len(body) >= COMPRESS_FROM and accepts(request, "gzip"):
            body, headers["content-encoding"] = gzip.compress(body, GZIP_LEVEL, mtime=0), "gzip"
        return ASGIResponse(body=body, headers=headers | self.headers, media_type=JSON, status_code=status)


def matches(request: AnyRequest, etag: str) -> bool:
    """Whether the client's `If-None-Match` names `etag`; weak tags count, as for any GET."""
    known = request.headers.get("if-none-match", "")
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in known.split(","))


def accepts(request: AnyRequest, encoding: str) -> bool:
    """Whether the client reads content in `encoding`; browsers offer Brotli ("br") where the line is safe."""
    offered = (part.partition(";") for part in request.headers.get("accept-encoding", "").split(","))
    return any(
        name.strip() == encoding and quality.strip().replace(" ", "") not in ("q=0", "q=0.0")
        for name, _, quality in offered
    )


def error(status: int, message: str, headers: dict[str, str] | None = None) -> Response[bytes]:
    """One sentence that says what was wrong."""
    return Response(
        _encoder.encode({"error": message}),
        status_code=status,
        headers={"cache-control": "no-store"} | (headers or {}),
        media_type=JSON,
    )


def on_no_read_model(_request: AnyRequest, reason: NoReadModelError) -> Response[bytes]:
    """There is no read model yet: 503, to be repeated in a second."""
    return error(HTTPStatus.SERVICE_UNAVAILABLE, str(reason), {"retry-after": "1"})


def on_store_error(_request: AnyRequest, failure: StoreError) -> Response[bytes]:
    """A file cannot be read: 503."""
    return error(HTTPStatus.SERVICE_UNAVAILABLE, str(failure))


def on_user_error(_request: AnyRequest, mistake: HamletError) -> Response[bytes]:
    """A query has a parameter that names nothing, such as an unknown metric: 400."""
    return error(HTTPStatus.BAD_REQUEST, str(mistake))


def on_http_error(request: AnyRequest, mistake: HTTPException) -> Response[bytes]:
    """The framework refuses the request: unknown path or method, or a parameter out of range."""
    message = mistake.detail
    if isinstance(mistake, NotFoundException) and message == HTTPStatus.NOT_FOUND.phrase:
        message = f"nothing is at {request.scope['path'][:100]}"
    if isinstance(mistake, ValidationException) and isinstance(mistake.extra, list):
        message = (
            "; ".join(f"{fault.get('key')}: {fault.get('message')}" for fault in mistake.extra) or message
        )
    if mistake.status_code == HTTPStatus.NOT_FOUND and _is_for_people(request):
        return _not_found_page(request, message)
    return error(mistake.status_code, message, dict(mistake.headers or {}))


def _is_for_people(request: AnyRequest) -> bool:
    """Whether somebody has opened the address in a browser, rather than a program that reads JSON."""
    return "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith("/api")


def _not_found_page(request: AnyRequest, message: str) -> Response[bytes]:
    """A page with one sentence and a relative link to the dashboard, which is right behind a proxy, too."""
    home = "../" * (request.scope["path"].count("/") - 1) or "./"
    page = NOT_FOUND_PAGE.format(message=escape(_sentence(message)), home=home)
    return Response(
        page.encode(),
        status_code=HTTPStatus.NOT_FOUND,
        headers={"cache-control": "no-store"},
        media_type="text/html",
    )


def _sentence(text: str) -> str:
    """`text` with a large first letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def on_bug(_request: AnyRequest, bug: Exception) -> Response[bytes]:
    """A bug of ours: the traceback goes to the log, none of it to the client."""
    logger.error("a request failed", exc_info=bug)
    return error(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error; the server's log says more")
