"""Real servers on real read models: a plausible run, projected once, and servers started as users do."""

import contextlib
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

REPOSITORY = Path(__file__).parents[2]
COMMANDS = Path(sys.executable).parent
EPISODES = 260


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


@pytest.fixture
def serve(
    dist: Path,
    free_port: int,
    start: Callable[..., subprocess.Popen[bytes]],
    eventually: Callable[..., None],
) -> Callable[..., str]:
    """Start a server on a run directory, with more flags if wanted; gives its address, "127.0.0.1:port"."""

    def run(run_dir: Path, *flags: object) -> str:
        address = f"127.0.0.1:{free_port}"
        process = start(
            "server", "run", "--run-dir", run_dir, "--port", free_port, "--frontend", dist, *flags
        )

        def listening() -> bool:
            assert process.poll() is None
            try:
                urllib.request.urlopen(f"http://{address}/", timeout=5).close()
            except OSError:
                return False
            return True

        eventually(listening, limit=30.0)
        return address

    return run


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
