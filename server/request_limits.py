"""Connections as uvicorn handles them, with two limits that it lacks: how long and how large a request is.

Without them one peer could fill the memory with headers that never end, or hold every place with requests
that never begin. How many connections there may be is in `server.process`, what viewers may send in
`server.viewer`.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_SECONDS = 10.0
"""From connecting, or from a request's first byte, to its last."""
REQUEST_BYTES = 64 * 1024
"""All of a request; ours have no body. One read of the event loop may exceed it before that is noticed."""


class LimitedHttp(HttpToolsProtocol):
    """One connection: whoever is too slow is cut off, whoever says too much is told so with status 400."""

    _deadline: asyncio.TimerHandle | None = None
    _taken = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived of a request, unless it has become too much."""
        self._taken += len(data)
        super().data_received(data)
        if self._taken > REQUEST_BYTES and not self.transport.is_closing():
            self.send_400_response(f"A request may have {REQUEST_BYTES} bytes.")

    def on_message_begin(self) -> None:
        """Begin to wait for the end of a request."""
        super().on_message_begin()
        if self._deadline is None:
            self._await_request()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._stop_waiting()
        self._taken = 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """From here on the connection is a viewer's."""
        self._stop_waiting()
        super().handle_websocket_upgrade()

    def _await_request(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
