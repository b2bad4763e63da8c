"""Limits that uvicorn lacks: how long a request may take to arrive, and how large it may be.

Without these limits one client could fill the memory with endless headers, or occupy every connection
without sending a request. The number of connections is limited in `server.process`, the messages of a
viewer in `server.viewer`.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_SECONDS = 10.0
"""Time limit from connecting, or from a request's first byte, to the request's last byte."""
REQUEST_BYTES = 128 * 1024
"""Size limit of a request; our largest is a town to check. One read of the event loop may exceed the
limit before it is checked."""


class LimitedHttp(HttpToolsProtocol):
    """uvicorn's HTTP connection with a time limit (then it is closed) and a size limit (status 400)."""

    _deadline: asyncio.TimerHandle | None = None
    _received_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer for the first request."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the received bytes; refuse the request when it is too large."""
        self._received_bytes += len(data)
        super().data_received(data)
        if self._received_bytes > REQUEST_BYTES and not self.transport.is_closing():
            self.send_400_response(f"A request may have {REQUEST_BYTES} bytes.")

    def on_message_begin(self) -> None:
        """Start the timer for this request."""
        super().on_message_begin()
        if self._deadline is None:
            self._start_timer()

    def on_message_complete(self) -> None:
        """The request is complete: stop the timer and reset the byte count."""
        self._stop_timer()
        self._received_bytes = 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """The connection becomes a WebSocket, which has limits of its own."""
        self._stop_timer()
        super().handle_websocket_upgrade()

    def _start_timer(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.close)

    def _stop_timer(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
