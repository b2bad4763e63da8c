"""Layers around the application: HEAD for GET, the path behind a proxy, and the headers of pages."""

from typing import Any

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from server.security import page_headers

STYLED_PAGES = frozenset({"/stream"})
"""Pages that a stream's program such as OBS gives a style of its own."""
PERMANENT_REDIRECT = 308


def answer_head(app: ASGIApp) -> ASGIApp:
    """Answer HEAD wherever GET is answered, as monitors ask; uvicorn leaves the body out."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == HttpMethod.HEAD:
            changed: Any = scope | {"method": "GET"}
            scope = changed
        await app(scope, receive, send)

    return wrapped


def strip_root_path(app: ASGIApp, root_path: str) -> ASGIApp:
    """Serve below `root_path` ("/hamlet"; "" for none), whether the proxy removes it from the path or not."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in (ScopeType.HTTP, ScopeType.WEBSOCKET):
            path: str = scope["path"]
            if path == root_path and scope["type"] == ScopeType.HTTP:
                await redirect(send, f"{root_path}/")
                return
            if path.startswith(f"{root_path}/"):
                stripped = path.removeprefix(root_path)
                changed: Any = scope | {"path": stripped, "raw_path": stripped.encode()}
                scope = changed
        await app(scope, receive, send)

    return wrapped if root_path else app


def add_page_headers(app: ASGIApp, allowed_frames: tuple[str, ...]) -> ASGIApp:
    """Add what a page may load, and who may frame it, to every answer over HTTP."""
    plain = _encoded(page_headers(allowed_frames))
    styled = _encoded(page_headers(allowed_frames, inline_styles=True))

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = styled if scope.get("path") in STYLED_PAGES else plain
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await app(scope, receive, send_with_headers if scope["type"] == ScopeType.HTTP else send)

    return wrapped


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


async def redirect(send: Send, path: str, status: int = PERMANENT_REDIRECT) -> None:
    """Answer an HTTP request with the address where what it asks for is."""
    start: Any = {
        "type": "http.response.start",
        "status": status,
        "headers": [(b"location", path.encode()), (b"content-length", b"0")],
    }
    await send(start)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
