"""One viewer's connection on `/ws`, from the handshake to the closing code.

Two tasks: one reads what the viewer wants into its slots, one sends what is in them. A viewer that does not
read stops its own sender only. Codes: 1008 too many messages, 1009 message too long and 1011 no answer to a
ping (both closed by uvicorn), 1013 no room; a foreign origin is refused with HTTP 403 before the handshake.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import anyio
import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from core.errors import HamletError
from projections.state import State
from server.hub import Hub, Viewer
from server.messages import AnyClientMessage, Error, Live, Pause, Resume, Seek, StateAt

POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013

MESSAGES_PER_SECOND = 60.0
"""Sustained rate a viewer may send at: a scrubber dragged at the screen's refresh rate."""
MESSAGE_BURST = 240.0

AnyWebSocket = WebSocket[Any, Any, Any]
AskState = Callable[[int], Awaitable[State | None]]

_decoder = msgspec.json.Decoder(AnyClientMessage)
_encoder = msgspec.json.Encoder()


class Allowance:
    """A token bucket: `spend` is False once more than `burst` came beyond `rate` a second."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self.left = burst
        self.at = now

    def spend(self, now: float) -> bool:
        """Take one token at the monotonic time `now`, seconds."""
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


def origin_allowed(origin: str | None, host: str | None, allowed: tuple[str, ...]) -> bool:
    """Whether a page of `origin` may open the WebSocket of a server reached as `host`.

    Browsers always send an origin, so that another site's page cannot read the stream through its visitor's
    browser; programs that are not browsers send none and are let in.
    """
    if origin is None:
        return True
    return origin in allowed or (host is not None and urlsplit(origin).netloc == host)


async def serve_viewer(
    socket: AnyWebSocket, hub: Hub, ask_state: AskState, allowed_origins: tuple[str, ...]
) -> None:
    """Serve one viewer until it leaves, stalls or misbehaves."""
    if not origin_allowed(socket.headers.get("origin"), socket.headers.get("host"), allowed_origins):
        await socket.close(POLICY_VIOLATION)
        return
    await socket.accept()
    viewer = hub.join()
    if viewer is None:
        await _close(socket, TRY_AGAIN_LATER, f"{hub.max_viewers} viewers are watching; try again later")
        return
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send, socket, viewer, ask_state, tasks.cancel_scope)
            await _receive(socket, hub, viewer)
            tasks.cancel_scope.cancel()
    finally:
        hub.leave(viewer)


async def _receive(socket: AnyWebSocket, hub: Hub, viewer: Viewer) -> None:
    """Read until the viewer leaves or is shown the door."""
    allowance = Allowance(MESSAGES_PER_SECOND, MESSAGE_BURST, time.monotonic())
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if not allowance.spend(time.monotonic()):
            await _close(socket, POLICY_VIOLATION, f"more than {MESSAGES_PER_SECOND:.0f} messages a second")
            return
        text = message.get("text")
        if isinstance(text, str):
            _heed(hub, viewer, text)
        else:
            viewer.complain(_error("messages are JSON text, not binary"))


def _heed(hub: Hub, viewer: Viewer, text: str) -> None:
    """Do what one message of a viewer says, or tell it why not."""
    try:
        wish = _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        viewer.complain(_error(f"message not understood: {error}"))
        return
    match wish:
        case Seek():
            viewer.ask(wish)
        case Pause():
            hub.pause(viewer)
        case Live():
            hub.resume(viewer)
        case Resume(position=position):
            hub.resume(viewer, position)


async def _send(
    socket: AnyWebSocket, viewer: Viewer, ask_state: AskState, connection: anyio.CancelScope
) -> None:
    """Send whatever is in the viewer's slots, answers first, for as long as the viewer reads."""
    try:
        while True:
            await viewer.bell.wait()
            viewer.bell.clear()
            while (text := await _next(viewer, ask_state)) is not None:
                # may wait for long: it is the kernel that gives up a viewer who does not read
                await socket.send_text(text)
    except WebSocketDisconnect:
        connection.cancel()


async def _next(viewer: Viewer, ask_state: AskState) -> str | None:
    """Empty the most urgent slot."""
    if viewer.complaint is not None:
        complaint, viewer.complaint = viewer.complaint, None
        return complaint
    if viewer.seek is not None:
        seek, viewer.seek = viewer.seek, None
        return await _answer(seek, ask_state)
    update, viewer.update = viewer.update, None
    return update


async def _answer(seek: Seek, ask_state: AskState) -> str:
    try:
        state = await ask_state(seek.episode)
    except HamletError as error:
        return _error(str(error), seek.request)
    answer = StateAt(server_time=time.time(), request=seek.request, episode=seek.episode, state=state)
    return _encoder.encode(answer).decode()


def _error(message: str, request: int | None = None) -> str:
    return _encoder.encode(Error(server_time=time.time(), message=message, request=request)).decode()


async def _close(socket: AnyWebSocket, code: int, reason: str) -> None:
    """Close with a code, to a viewer that may have left already."""
    try:
        await socket.close(code, reason)
    except WebSocketDisconnect:
        return
