"""Start servers as users do, and connect viewers to them."""

import contextlib
import re
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import uvicorn
from websockets.sync.client import ClientConnection, connect

from core.process.memory import MemorySettings
from core.run_directory import in_folder
from projections.readmodels import READ_MODELS, ReadModels
from server.app import create_app
from server.process import configure, listen
from server.settings import ServerSettings
from tests.support.processes import Process, running, wait_until

PATIENT: dict[str, Any] = {"open_timeout": 120, "ping_interval": None}
"""For a viewer's connection on a machine that is busy with other tests: no deadline of the viewer's own."""

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
    with connect(f"ws://{address}/ws", **PATIENT, close_timeout=1, origin=origin) as viewer:
        yield viewer


def fetch(url: str) -> bytes:
    """The body of a page.

    Raises:
        urllib.error.HTTPError: the answer is not a success.
    """
    with urllib.request.urlopen(url, timeout=30) as answer:
        return bytes(answer.read())


@contextlib.contextmanager
def serving_here(run_dir: Path, dist: Path, read_models: ReadModels = READ_MODELS) -> Iterator[str]:
    """A server in a thread of this process, with the read models of the test; yields its address."""
    settings = ServerSettings(
        run=in_folder(run_dir), frontend=dist, allowed_origins=(), max_viewers=10,
        disk_floor_bytes=0, memory=MemorySettings(2**40),
    )  # fmt: skip
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(configure(create_app(settings, read_models), settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield "{}:{}".format(*listener.getsockname())
    finally:
        server.should_exit = True
        thread.join(timeout=120)
        assert not thread.is_alive()
