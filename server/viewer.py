"""One viewer's connection on `/ws`, from the handshake to the closing code.

Two tasks serve a connection: one reads the viewer's messages, one sends what is in the viewer's slots. A
viewer that does not read stops only its own sender. Closing codes: 1008 too many messages, 1009 message too
long and 1011 no answer to a ping (both by uvicorn), 1013 too many viewers; a foreign origin is refused with
HTTP 403 before the handshake.
"""

import logging
import time
from typing import Any

import anyio
import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from server.hub import Hub, Viewer
from server.messages import AnyClientMessage, Error, Live, Pause
from server.security import origin_allowed

POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013

MESSAGES_PER_SECOND = 60.0
"""Sustained rate of messages that a viewer may send."""
MESSAGE_BURST = 240.0

LOGGED_ORIGINS = 100

AnyWebSocket = WebSocket[Any, Any, Any]

logger = logging.getLogger(__name__)
_decoder = msgspec.json.Decoder(AnyClientMessage)
_encoder = msgspec.json.Encoder()


class TokenBucket:
    """Rate limiter: `burst` messages at once, `rate` messages a second in the long run."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self.tokens = burst
        self.updated_at = now

    def spend(self, now: float) -> bool:
        """Spend one token at the monotonic time `now`, seconds; False when no token is left."""
        self.tokens = min(self.burst, self.tokens + (now - self.updated_at) * self.rate)
        self.updated_at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


class Origins:
    """Which pages may open the WebSocket; each refused origin is logged once."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        self._logged: set[tuple[str | None, str | None]] = set()

    def refusal(self, origin: str | None, host: str | None) -> str:
        """Why a page of `origin` may not open the WebSocket of a server reached as `host`; "" if it may."""
        if origin_allowed(origin, host, self.allowed):
            return ""
        return (
            f"a page of {_shown(origin)} may not open the WebSocket of a server reached as {_shown(host)}:"
            " let the proxy pass the header Host with its port,"
            f" or start the server with --allow-origin {_shown(origin)}"
        )

    def log_refusal(self, origin: str | None, host: str | None) -> None:
        """Log a refusal unless the same one was logged before, at most `LOGGED_ORIGINS` of them."""
        if (origin, host) not in self._logged and len(self._logged) < LOGGED_ORIGINS:
            self._logged.add((origin, host))
            logger.warning("%s", self.refusal(origin, host))


def _shown(text: str | None) -> str:
    """A header's value in a log line: short, and without control characters."""
    return "nothing" if text is None else repr(text[:100])[1:-1]


async def serve_viewer(socket: AnyWebSocket, hub: Hub, origins: Origins) -> None:
    """Serve one viewer until the connection closes."""
    origin, host = socket.headers.get("origin"), socket.headers.get("host")
    if origins.refusal(origin, host):
        origins.log_refusal(origin, host)
        await socket.close(POLICY_VIOLATION)
        return
    await socket.accept()
    viewer = hub.join()
    if viewer is None:
        await _close(socket, TRY_AGAIN_LATER, f"{hub.max_viewers} viewers are watching; try again later")
        return
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send_messages, socket, viewer, tasks.cancel_scope)
            await _receive_messages(socket, hub, viewer)
            tasks.cancel_scope.cancel()
    finally:
        hub.leave(viewer)


async def _receive_messages(socket: AnyWebSocket, hub: Hub, viewer: Viewer) -> None:
    """Read and handle messages until the connection closes."""
    bucket = TokenBucket(MESSAGES_PER_SECOND, MESSAGE_BURST, time.monotonic())
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if not bucket.spend(time.monotonic()):
            await _close(socket, POLICY_VIOLATION, f"more than {MESSAGES_PER_SECOND:.0f} messages a second")
            return
        text = message.get("text")
        if isinstance(text, str):
            _handle_message(hub, viewer, text)
        else:
            viewer.put_error(_encode_error("messages are JSON text, not binary"))


def _handle_message(hub: Hub, viewer: Viewer, text: str) -> None:
    """Decode one message and do what the message says; answer with an error where it is invalid."""
    try:
        message = _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        viewer.put_error(_encode_error(f"message not understood: {error}"))
        return
    match message:
        case Pause():
            hub.pause(viewer)
        case Live():
            hub.resume(viewer)


async def _send_messages(socket: AnyWebSocket, viewer: Viewer, connection: anyio.CancelScope) -> None:
    """Send the content of the viewer's slots, for as long as the viewer reads."""
    try:
        while True:
            await viewer.filled.wait()
            viewer.filled.clear()
            while (text := viewer.take()) is not None:
                # no time limit here: the kernel drops a viewer that does not read
                await socket.send_text(text)
    except WebSocketDisconnect:
        connection.cancel()


def _encode_error(message: str) -> str:
    return _encoder.encode(Error(server_time=time.time(), message=message)).decode()


async def _close(socket: AnyWebSocket, code: int, reason: str) -> None:
    """Close with a code; the viewer may have disconnected already."""
    try:
        await socket.close(code, reason)
    except WebSocketDisconnect:
        return
