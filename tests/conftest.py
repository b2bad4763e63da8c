"""What every suite needs: a free port, commands as processes of their own, a small run, what its log says."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import settings

from core.events import AnyEvent, CheckpointSaved, Heartbeat, RunResumed, RunStarted, RunStopped
from core.log import LogReader, Recorded, decode
from producer.run.lineage import present_lineage

REPOSITORY = Path(__file__).parents[1]
COMMANDS = Path(sys.executable).parent

# Examples may take as long as they take: a busy machine is no failure.
settings.register_profile("hamlet", deadline=None)
settings.load_profile("hamlet")


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def aside() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Call something in a thread of its own: Playwright's event loop may occupy this one, and bars others."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda work: thread.submit(work).result()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start `producer`, `projections` or `server` with arguments; all are ended after the test.

    Output goes to `<tmp_path>/<command>-<n>.log`, which a failing assertion can quote.
    """
    running: list[subprocess.Popen[bytes]] = []

    def run(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        command, *rest = map(str, arguments)
        with (tmp_path / f"{command}-{len(running)}.log").open("wb") as output:
            process = subprocess.Popen(
                [COMMANDS / command, *rest],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=REPOSITORY,
                env=os.environ | {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"} | (environment or {}),
            )
        running.append(process)
        return process

    yield run

    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in running:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Wait until a condition holds, with a limit far beyond what it should take."""

    def wait(condition: Callable[[], object], limit: float = 90.0) -> None:
        deadline = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < deadline, f"still not so after {limit:.0f} s"
            time.sleep(0.1)

    return wait


@pytest.fixture
def small_config(tmp_path: Path) -> Path:
    """The default run cut down to seconds: few agents, short lives, small networks, everything early.

    130 episodes, checkpoints every 20, affordances moved at 50; all else as in `sparse_adaptive.yaml`.
    """
    settings = yaml.safe_load((REPOSITORY / "configs/townlet/sparse_adaptive.yaml").read_text())
    settings["experiment"]["name"] = "small"
    settings["population"] |= {
        "num_agents": 8,
        "hidden": 16,
        "batch_size": 16,
        "learning_starts": 100,
        "replay_buffer_capacity": 4_000,
    }
    settings["exploration"] |= {"rnd_hidden": 8, "embed_dim": 4}
    settings["training"] |= {
        "num_episodes": 130,
        "max_steps_per_episode": 150,
        "randomize_affordances_at": 50,
        "checkpoint_every": 20,
    }
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


@pytest.fixture
def records() -> Callable[[Path], list[Recorded]]:
    """Everything in the log of a folder."""

    def read(folder: Path) -> list[Recorded]:
        reader = LogReader(folder / "events.db")
        try:
            return reader.read(0, 10_000_000)
        finally:
            reader.close()

    return read


@pytest.fixture
def learnt(records: Callable[[Path], list[Recorded]]) -> Callable[[Path], list[AnyEvent]]:
    """The present lineage of a folder's log, less what a straight run does not have or cannot repeat.

    Left out are starts (they tell the planned length), resumes and stops, heartbeats (speed and memory are
    of the moment), and checkpoints made for a stop; of the others the position they stand at, which counts
    superseded events too.
    """

    def read(folder: Path) -> list[AnyEvent]:
        events = [decode(record) for record in present_lineage(records(folder))]
        kept: list[AnyEvent] = []
        for event in events:
            if isinstance(event, RunStarted | RunResumed | RunStopped | Heartbeat):
                continue
            if isinstance(event, CheckpointSaved):
                name = event.checkpoint.name
                if int(name.removeprefix("checkpoint_ep").removesuffix(".pt")) % 20:
                    continue
                event = msgspec.structs.replace(event, position=0)
            kept.append(event)
        return kept

    return read
