"""A real Chromium, a run directory with a plausible history, and the real server showing it.

Nothing here waits for a time: tests wait for what the page shows, with Playwright's own limit.
"""

import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import apsw
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from core.log import EventLog, encode

REPOSITORY = Path(__file__).parents[2]
COMMANDS = Path(sys.executable).parent
EPISODES = 1200
"""Long enough for every stage, the move at half time and a recovery."""

SYSTEM_CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
ANSWERS_WITHIN_SECONDS = 30.0
PATIENCE_MS = 20_000
"""How long a test waits for what must come; far longer than it takes, for machines that are busy."""

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium where there is one, Playwright's own otherwise."""
    path = SYSTEM_CHROMIUM if SYSTEM_CHROMIUM.exists() else None
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def make_history() -> Callable[..., None]:
    """Write a plausible log into a run directory and project it.

    Its last event lies an hour back. Without `ended` it lacks the event that says the trainer stopped, as
    after a crash.
    """
    plausible = _load("plausible", REPOSITORY / "tests/plausible.py")

    def make(run_dir: Path, episodes: int, *, resumes: int = 0, ended: bool = True) -> None:
        told = list(plausible.tell(plausible.Story(episodes=episodes, resumes=resumes)))
        shift = time.time() - 3600.0 - told[-1][1]
        rows = [encode(event, at + shift) for event, at in (told if ended else told[:-1])]
        EventLog(run_dir / "events.db").close()
        connection = apsw.Connection(str(run_dir / "events.db"))
        plausible.flush(connection, rows)
        connection.close()
        command = [COMMANDS / "projections", "run", "--run-dir", run_dir, "--until-caught-up"]
        subprocess.run(command, check=True, timeout=120)

    return make


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path, int], subprocess.Popen[bytes]]]:
    """Start the server on a run directory and return when it answers; all are ended after the session."""
    servers: list[subprocess.Popen[bytes]] = []

    def run(run_dir: Path, port: int) -> subprocess.Popen[bytes]:
        command = [COMMANDS / "server", "run", "--run-dir", run_dir, "--port", str(port)]
        server = subprocess.Popen(command, cwd=REPOSITORY)
        servers.append(server)
        deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
        while time.monotonic() < deadline:
            assert server.poll() is None, f"the server ended with exit code {server.returncode}"
            try:
                with urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                    return server
            except URLError:
                time.sleep(0.05)
        raise AssertionError(f"the server does not answer within {ANSWERS_WITHIN_SECONDS:.0f} s")

    yield run
    for server in servers:
        server.terminate()
    for server in servers:
        server.wait(timeout=20)


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory, make_history: Callable[..., None]) -> Path:
    """A run directory with 1,200 plausible episodes, parts of two attempts superseded."""
    run_dir = tmp_path_factory.mktemp("history")
    make_history(run_dir, EPISODES, resumes=2)
    return run_dir


@pytest.fixture(scope="session")
def address(history: Path, serve: Callable[[Path, int], subprocess.Popen[bytes]]) -> str:
    """The server showing the history, for all tests that leave it alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    serve(history, port)
    return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def api(address: str) -> Callable[[str], Any]:
    """What the server showing the history answers under /api/."""

    def get(path: str) -> Any:
        with urlopen(f"{address}/api/{path}", timeout=20) as answer:
            return json.load(answer)

    return get


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages in contexts of their own; afterwards none may have said anything alarming.

    The console of `forgiving` pages may complain: of those whose server is killed on purpose.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def run(
        url: str, width: int = 1440, height: int = 900, *, forgiving: bool = False, **options: Any
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()

        def heard(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not forgiving:
                complaints.append(f"{url}: {message.text}")

        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(f"{url}: {error}"))
        page.goto(url)
        return page

    yield run
    for context in contexts:
        context.close()
    assert complaints == []
