"""Real servers on real read models: a synthetic run, projected once, and servers started as users do."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection

from tests.support.read_models import catch_up
from tests.support.servers import Serve, Watch, serving, watching
from tests.support.synthetic import Scenario, write_synthetic_log

EPISODES = 260


@pytest.fixture(scope="session")
def synthetic_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of `EPISODES` episodes with one resume; not to be changed."""
    run_dir = tmp_path_factory.mktemp("synthetic")
    write_synthetic_log(run_dir / "events.db", Scenario(episodes=EPISODES, resumes=1))
    catch_up(run_dir)
    return run_dir


@pytest.fixture
def run_dir(synthetic_run: Path, tmp_path: Path) -> Path:
    """A copy of the synthetic run, which a test may change."""
    return Path(shutil.copytree(synthetic_run, tmp_path / "run"))


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of a built front end as the server needs, and a page that opens the WebSocket."""
    folder = tmp_path_factory.mktemp("frontend")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text(
        "<!doctype html><head><title>Hamlet</title></head>"
        '<h1 id="episode"></h1><script src="/assets/page-0a.js"></script>'
    )
    (folder / "assets" / "page-0a.js").write_text(
        "const socket = new WebSocket(`ws://${location.host}/ws`);\n"
        "socket.onmessage = (event) => {\n"
        "  const message = JSON.parse(event.data);\n"
        "  if (!message.state) return;\n"
        '  document.getElementById("episode").textContent = message.state.episode;\n'
        "  document.documentElement.dataset.settled = message.state.episode;\n"
        "};\n"
    )
    return folder


@pytest.fixture
def serve(dist: Path, tmp_path: Path) -> Iterator[Serve]:
    """See `Serve`; all servers are ended after the test."""
    with contextlib.ExitStack() as servers:

        def run(run_dir: Path, *flags: object) -> str:
            return servers.enter_context(serving(run_dir, dist, tmp_path / "server.log", *flags))

        yield run


@pytest.fixture(scope="module")
def serve_for_module(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """As `serve`, for a server that all tests of a module share."""
    with contextlib.ExitStack() as servers:

        def run(run_dir: Path, *flags: object) -> str:
            log = tmp_path_factory.mktemp("server") / "server.log"
            return servers.enter_context(serving(run_dir, dist, log, *flags))

        yield run


@pytest.fixture(scope="session")
def shared_server(synthetic_run: Path, dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one server on the synthetic run, for all tests that only read."""
    with serving(synthetic_run, dist, tmp_path_factory.mktemp("shared") / "server.log") as address:
        yield address


@pytest.fixture
def watch() -> Iterator[Watch]:
    """See `Watch`; all viewers are disconnected after the test."""
    with contextlib.ExitStack() as viewers:

        def open_viewer(address: str, origin: str | None = None) -> ClientConnection:
            return viewers.enter_context(watching(address, origin))

        yield open_viewer


@pytest.fixture(scope="session")
def episodes() -> int:
    """How many episodes the synthetic run has."""
    return EPISODES
