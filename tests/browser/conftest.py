"""A real Chromium, a run directory with a synthetic history, and the real server showing it.

Nothing here waits for a time: tests wait for what the page shows, with Playwright's own limit.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.request import urlopen

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.support.logs import write_log
from tests.support.processes import Process, running, unused_port
from tests.support.read_models import catch_up
from tests.support.servers import ready_address
from tests.support.synthetic import Scenario, generate_events

EPISODES = 1200
"""Long enough for every stage, the move at half time and a recovery."""

SYSTEM_CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
ENDLESS_RUN = ("--config", "configs/townlet/quick.yaml", "--episodes", 1_000_000)
"""Arguments of a training run that no machine finishes while a test watches it; the test ends the run."""
TIMEOUT_MS = 60_000
"""How long a test waits for what must come; far longer than it takes, for machines that are busy."""

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one driver of all browsers of the session: Playwright starts no second one beside it."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium where there is one, Playwright's own otherwise."""
    path = SYSTEM_CHROMIUM if SYSTEM_CHROMIUM.exists() else None
    chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield chromium
    chromium.close()


def make_history(run_dir: Path, episodes: int, *, resumes: int = 0, ended: bool = True) -> None:
    """Write a synthetic log into a run directory and project it; the newest event is an hour old.

    Without `ended` the log lacks the event that says that the trainer stopped, as after a crash.
    """
    events = list(generate_events(Scenario(episodes=episodes, resumes=resumes, policy_hidden=(16,))))
    shift = time.time() - 3600.0 - events[-1][1]
    write_log(
        run_dir / "events.db",
        [(event, at + shift) for event, at in (events if ended else events[:-1])],
    )
    catch_up(run_dir)


class ServeAt(Protocol):
    """Start the server on a run directory and return when it answers."""

    def __call__(self, run_dir: Path, port: int) -> Process: ...


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServeAt]:
    """See `ServeAt`; all servers are ended after the session."""
    with contextlib.ExitStack() as servers:

        def run(run_dir: Path, port: int) -> Process:
            output = tmp_path_factory.mktemp("server") / "server.log"
            command = ("server", "run", "--run-dir", run_dir, "--port", port)
            server = servers.enter_context(running(output, *command))
            ready_address(server, output)
            return server

        yield run


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory with 1,200 synthetic episodes, parts of two attempts superseded."""
    run_dir = tmp_path_factory.mktemp("history")
    make_history(run_dir, EPISODES, resumes=2)
    return run_dir


@pytest.fixture(scope="session")
def address(history: Path, serve: ServeAt) -> str:
    """The server showing the history, for all tests that leave it alone."""
    port = unused_port()
    serve(history, port)
    return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def api(address: str) -> Callable[[str], Any]:
    """What the server showing the history answers under /api/."""

    def get(path: str) -> Any:
        with urlopen(f"{address}/api/{path}", timeout=120) as answer:
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
        context.set_default_timeout(TIMEOUT_MS)
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
