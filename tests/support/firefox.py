"""Firefox, driven over WebDriver BiDi: its own remote agent speaks over a WebSocket, without a driver.

Only what the tests ask for: open a page, wait for what it shows, press, type, and hear what it complains of.
The commands are those of https://w3c.github.io/webdriver-bidi/.
"""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.processes import end, wait_until

NAMES = ("firefox-esr", "firefox")
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
TIMEOUT_SECONDS = 120.0
"""How long to wait for what must come; far longer than it takes, for machines that are busy."""
BETWEEN_LOOKS_S = 0.1
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Home": "\ue011", "ArrowRight": "\ue014", "PageDown": "\ue00f"}


def find_firefox() -> str | None:
    """The program, or None where none is installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """A tab of the browser. `complaints` are the errors and warnings that its pages wrote to the console."""

    def __init__(self, browser: "Firefox", context: str) -> None:
        self._browser = browser
        self._context = context

    def open(self, url: str) -> None:
        """Go to `url` and return when it is loaded."""
        self._browser.call(
            "browsingContext.navigate", {"context": self._context, "url": url, "wait": "complete"}
        )

    def back(self) -> None:
        """Go back in the history."""
        self._browser.call("browsingContext.traverseHistory", {"context": self._context, "delta": -1})

    def resize(self, width: int, height: int) -> None:
        """Give the page so many CSS pixels."""
        viewport = {"width": width, "height": height}
        self._browser.call("browsingContext.setViewport", {"context": self._context, "viewport": viewport})

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression that is JSON."""
        found = self._browser.call(
            "script.evaluate",
            {
                "expression": f"Promise.resolve({expression}).then(found => JSON.stringify(found ?? null))",
                "target": {"context": self._context},
                "awaitPromise": True,
            },
        )
        if found["type"] == "exception":
            raise AssertionError(f"{expression}: {found['exceptionDetails']['text']}")
        return json.loads(found["result"]["value"])

    def wait_for(self, expression: str) -> Any:
        """The value of `expression` once it is true."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not (value := self.evaluate(expression)):
            shown = (
                self.evaluate("document.body.innerText.slice(0, 600)") if time.monotonic() > deadline else ""
            )
            assert time.monotonic() < deadline, f"never true: {expression}; the page shows: {shown}"
            time.sleep(BETWEEN_LOOKS_S)
        return value

    def wait_for_text(self, selector: str, text: str) -> None:
        """Wait until an element of `selector` holds `text`, whatever its white space."""
        self.wait_for(
            f"[...document.querySelectorAll({json.dumps(selector)})].some(node =>"
            f" node.textContent.replace(/\\s+/g, ' ').includes({json.dumps(text)}))"
        )

    def click(self, selector: str, text: str = "") -> None:
        """Press the first element of `selector` that holds `text`, where it is, with the mouse."""
        node = (
            f"[...document.querySelectorAll({json.dumps(selector)})].find(node => !node.disabled"
            f" && node.textContent.includes({json.dumps(text)}))"
        )
        self.wait_for(f"!!{node}")
        self.evaluate(f"{node}.scrollIntoView({{block: 'center'}})")
        box = self.evaluate(
            f"(box => ({{x: box.x + box.width / 2, y: box.y + box.height / 2}}))"
            f"({node}.getBoundingClientRect())"
        )
        at = {"x": round(box["x"]), "y": round(box["y"])}
        self._act(
            "pointer",
            [
                {"type": "pointerMove", **at},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerUp", "button": 0},
            ],
        )

    def drag(self, selector: str, *fractions: float) -> None:
        """Drag across an element, from the first fraction of its width to the last."""
        box = self.evaluate(
            f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()"
        )
        y = round(box["y"] + box["height"] / 2)
        moves = [
            {"type": "pointerMove", "x": round(box["x"] + box["width"] * at), "y": y} for at in fractions
        ]
        self._act(
            "pointer",
            [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}],
        )

    def press(self, *keys: str) -> None:
        """Press keys one after the other: characters, or names as in `KEYS`."""
        values = [KEYS.get(key, key) for key in keys]
        self._act(
            "key", [{"type": kind, "value": value} for value in values for kind in ("keyDown", "keyUp")]
        )

    def _act(self, kind: str, actions: list[dict[str, Any]]) -> None:
        source = {"type": kind, "id": kind, "actions": actions}
        self._browser.call("input.performActions", {"context": self._context, "actions": [source]})


class Firefox:
    """A running browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self.complaints: list[str] = []
        self.call("session.new", {"capabilities": {}})
        self.call("session.subscribe", {"events": ["log.entryAdded"]})

    def call(self, method: str, parameters: dict[str, Any]) -> Any:
        """The result of a command; what the pages log in the meantime is remembered."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(TIMEOUT_SECONDS))
            if message.get("id") == number:
                assert message["type"] == "success", (
                    f"{method}: {message.get('error')}: {message.get('message')}"
                )
                return message["result"]
            if message.get("method") == "log.entryAdded" and message["params"]["level"] in ("error", "warn"):
                self.complaints.append(message["params"]["text"])

    def new_page(self, width: int = 1440, height: int = 900) -> Page:
        """A new tab of so many CSS pixels."""
        context = self.call("browsingContext.create", {"type": "tab"})["context"]
        page = Page(self, context)
        page.resize(width, height)
        return page


@contextmanager
def firefox(program: str, folder: Path) -> Iterator[Firefox]:
    """Run Firefox with a new profile in `folder`, without a window, until the block is left."""
    profile, output = folder / "profile", folder / "firefox.log"
    profile.mkdir()
    command = [
        program,
        "--headless",
        "--no-remote",
        "--profile",
        str(profile),
        "--remote-debugging-port",
        "0",
    ]
    with output.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: LISTENING.search(output.read_text(errors="replace")))
        found = LISTENING.search(output.read_text(errors="replace"))
        assert found is not None
        with connect(f"{found[1]}/session", max_size=None) as socket:
            yield Firefox(socket)
    finally:
        end(process)
