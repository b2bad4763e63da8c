"""Start servers as users do, and connect viewers to them."""

import contextlib
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from websockets.sync.client import ClientConnection, connect

from tests.support.processes import Process, running, wait_until

READY = re.compile(r"The dashboard is at http://(\S+)")


class Serve(Protocol):
    """Start a server on a run directory, with more flags if wanted; returns the address, `host:port`."""

    def __call__(self, run_dir: Path, *flags: object) -> str: ...


class Watch(Protocol):
    """Connect a viewer to the address of a server."""

    def __call__(self, address: str, origin: str | None = None) -> ClientConnection: ...


def ready_address(process: Process, output: Path) -> str:
    """Wait until a server prints that it is ready; the address it prints, `host:port`.

    Raises:
        AssertionError: the server ended before; the text is what the server printed.
    """

    def is_ready() -> bool:
        printed = output.read_text()
        assert process.poll() is None, printed
        return READY.search(printed) is not None

    wait_until(is_ready)
    found = READY.search(output.read_text())
    assert found is not None
    return found[1]


@contextlib.contextmanager
def serving(run_dir: Path, frontend: Path, output: Path, *flags: object) -> Iterator[str]:
    """A server process on any free port, for the length of the block; the address, once it is ready."""
    command = ("server", "run", "--run-dir", run_dir, "--port", 0, "--frontend", frontend, *flags)
    with running(output, *command) as process:
        yield ready_address(process, output)


@contextlib.contextmanager
def watching(address: str, origin: str | None = None) -> Iterator[ClientConnection]:
    """A connected viewer."""
    with connect(f"ws://{address}/ws", open_timeout=30, close_timeout=1, origin=origin) as viewer:
        yield viewer


def fetch(url: str) -> bytes:
    """The body of a page.

    Raises:
        urllib.error.HTTPError: the answer is not a success.
    """
    with urllib.request.urlopen(url, timeout=30) as answer:
        return bytes(answer.read())
