"""Real servers on real read models: a plausible run, projected once, and servers started as users do."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

REPOSITORY = Path(__file__).parents[2]
COMMANDS = Path(sys.executable).parent
EPISODES = 260
READY = re.compile(r"The dashboard is at http://(\S+)")


def project(run_dir: Path) -> None:
    """Bring the read model of a run up to date."""
    subprocess.run(
        [COMMANDS / "projections", "run", "--run-dir", run_dir, "--until-caught-up"],
        check=True,
        capture_output=True,
        timeout=60,
    )


@pytest.fixture(scope="session")
def plausible_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of `EPISODES` episodes with one resume; not to be changed."""
    run_dir = tmp_path_factory.mktemp("plausible")
    subprocess.run(
        [sys.executable, REPOSITORY / "tests" / "plausible.py", "--out", run_dir,
         "--episodes", str(EPISODES), "--resumes", "1"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    project(run_dir)
    return run_dir


@pytest.fixture
def run_dir(plausible_run: Path, tmp_path: Path) -> Path:
    """A copy of the plausible run for a test to do with as it likes."""
    return Path(shutil.copytree(plausible_run, tmp_path / "run"))


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of a built front end as the server needs, and a page that opens the WebSocket."""
    folder = tmp_path_factory.mktemp("frontend")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text(
        '<!doctype html><title>Hamlet</title><h1 id="episode"></h1><script src="/assets/page-0a.js"></script>'
    )
    (folder / "assets" / "page-0a.js").write_text(
        "const socket = new WebSocket(`ws://${location.host}/ws`);\n"
        "socket.onmessage = (event) => {\n"
        "  const message = JSON.parse(event.data);\n"
        '  if (message.episode) document.getElementById("episode").textContent = message.episode;\n'
        "};\n"
    )
    return folder


@contextlib.contextmanager
def serving(run_dir: Path, dist: Path, log: Path, *flags: object) -> Iterator[str]:
    """A server process on any free port; its address, "127.0.0.1:port", once it says it is ready."""
    command = [COMMANDS / "server", "run", "--run-dir", run_dir, "--port", 0, "--frontend", dist, *flags]
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(map(str, command)), stdout=output, stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while (said := READY.search(log.read_text())) is None:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the server did not get ready within 60 s"
            time.sleep(0.02)
        yield said[1]
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def serve(dist: Path, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Start a server on a run directory, with more flags if wanted; gives its address."""
    with contextlib.ExitStack() as servers:

        def run(run_dir: Path, *flags: object) -> str:
            return servers.enter_context(serving(run_dir, dist, tmp_path / "server.log", *flags))

        yield run


@pytest.fixture(scope="module")
def serve_for_module(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """As `serve`, for a server that all tests of a module share."""
    with contextlib.ExitStack() as servers:

        def run(run_dir: Path) -> str:
            log = tmp_path_factory.mktemp("server") / "server.log"
            return servers.enter_context(serving(run_dir, dist, log))

        yield run


@pytest.fixture(scope="session")
def shared_server(plausible_run: Path, dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one server on the plausible run, for all tests that only look."""
    with serving(plausible_run, dist, tmp_path_factory.mktemp("shared") / "server.log") as address:
        yield address


@pytest.fixture
def watch() -> Iterator[Callable[..., ClientConnection]]:
    """Connect a viewer to a server's address; all are disconnected after the test."""
    with contextlib.ExitStack() as viewers:

        def open_viewer(address: str, origin: str | None = None) -> ClientConnection:
            return viewers.enter_context(
                connect(f"ws://{address}/ws", open_timeout=10, close_timeout=1, origin=origin)
            )

        yield open_viewer


@pytest.fixture(scope="session")
def episodes() -> int:
    """How many episodes the plausible run has."""
    return EPISODES
