"""What a page of the dashboard costs on the wire, as Chromium counts it: bytes with headers."""

from collections import defaultdict
from typing import Any

import msgspec
from playwright.sync_api import Page


class Answer(msgspec.Struct):
    """One answer of the server: `wire_bytes` as it came over the connection, `body_bytes` unpacked.

    `kind` is Chromium's: document, script, stylesheet, fetch, image, websocket, …; a message of the WebSocket
    is an answer, too.
    """

    url: str
    kind: str
    wire_bytes: int = 0
    body_bytes: int = 0


class Wire:
    """Records every answer that a page gets from now on."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)
        self._answers: dict[str, Answer] = {}
        self.messages: list[Answer] = []
        self.session.send("Network.enable")
        self.session.on("Network.requestWillBeSent", self._asked)
        self.session.on("Network.dataReceived", self._received)
        self.session.on("Network.loadingFinished", self._finished)
        self.session.on("Network.webSocketFrameReceived", self._message)

    @property
    def answers(self) -> list[Answer]:
        """Everything that has come, messages of the WebSocket included."""
        return [*self._answers.values(), *self.messages]

    def total(self) -> int:
        """Bytes on the wire so far."""
        return sum(answer.wire_bytes for answer in self.answers)

    def by_kind(self) -> dict[str, int]:
        """Bytes on the wire by kind, the most first."""
        kinds: dict[str, int] = defaultdict(int)
        for answer in self.answers:
            kinds[answer.kind] += answer.wire_bytes
        return dict(sorted(kinds.items(), key=lambda item: -item[1]))

    def limit(self, bits_per_second: float, latency_ms: float) -> None:
        """From now on the page has a connection as slow as this in both directions."""
        self.session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": latency_ms,
                "downloadThroughput": bits_per_second / 8,
                "uploadThroughput": bits_per_second / 8,
            },
        )

    def _asked(self, event: dict[str, Any]) -> None:
        kind = str(event.get("type", "other")).lower()
        self._answers[event["requestId"]] = Answer(url=event["request"]["url"], kind=kind)

    def _received(self, event: dict[str, Any]) -> None:
        if (answer := self._answers.get(event["requestId"])) is not None:
            answer.body_bytes += event["dataLength"]

    def _finished(self, event: dict[str, Any]) -> None:
        if (answer := self._answers.get(event["requestId"])) is not None:
            answer.wire_bytes = int(event["encodedDataLength"])

    def _message(self, event: dict[str, Any]) -> None:
        size = len(event["response"]["payloadData"].encode())
        self.messages.append(Answer(url="/ws", kind="websocket", wire_bytes=size, body_bytes=size))
