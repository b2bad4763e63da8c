"""What the fault suites share: moments from a printed seed, logs that grow, small disks.

`HAMLET_FAULTS_KILLS` (1) is the number of kills of the trainer; the quicker processes die a multiple of it.
`HAMLET_FAULTS_EPISODES` (130) is the length of the runs that are really trained.
`HAMLET_FAULTS_SEED` repeats the moments of a failing test, as far as processes let themselves be repeated.
"""

import os
import random
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from core.log import EventLog
from tests.support.processes import run_successfully
from tests.support.synthetic import Scenario, generate_events, write_synthetic_log


class Grow(Protocol):
    """Let a log grow until the test ends, or until the function that is returned is called."""

    def __call__(self, path: Path) -> Callable[[], None]: ...


class Mount(Protocol):
    """Mount a file system in memory under a name, of a size such as "4m"."""

    def __call__(self, name: str, size: str) -> Path: ...


@pytest.fixture(scope="session")
def kills() -> int:
    """How many times the trainer dies; the others die more often."""
    return int(os.environ.get("HAMLET_FAULTS_KILLS", "1"))


@pytest.fixture(scope="session")
def episodes() -> int:
    """Of every run that is really trained, at least 100."""
    return int(os.environ.get("HAMLET_FAULTS_EPISODES", "130"))


@pytest.fixture(scope="session")
def uninterrupted_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of `uninterrupted_run`."""
    return tmp_path_factory.mktemp("uninterrupted")


@pytest.fixture
def uninterrupted_run(uninterrupted_folder: Path, small_config: Path, episodes: int) -> Path:
    """The run of `small_config` to which nothing happened, trained once for all tests; not to be changed."""
    if not (uninterrupted_folder / "events.db").exists():
        run_successfully(
            "producer", "run", "--config", small_config, "--episodes", episodes,
            "--run-dir", uninterrupted_folder, limit=600,
        )  # fmt: skip
    return uninterrupted_folder


@pytest.fixture
def moments() -> random.Random:
    """Where moments to strike at come from; a failing test shows its seed."""
    seed = int(os.environ.get("HAMLET_FAULTS_SEED") or int.from_bytes(os.urandom(4), "big"))
    print(f"HAMLET_FAULTS_SEED={seed}")
    return random.Random(seed)


@pytest.fixture(scope="session")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of 300 synthetic episodes with three resumes; not to be changed."""
    path = tmp_path_factory.mktemp("logged") / "events.db"
    write_synthetic_log(
        path, Scenario(episodes=300, resumes=3, seed=3, checkpoint_every=20, episodes_per_pool=20)
    )
    return path


@pytest.fixture
def growing() -> Iterator[Grow]:
    """See `Grow`; the log grows by some thousand events a second at most."""
    done = threading.Event()
    threads: list[threading.Thread] = []

    def begin(path: Path) -> Callable[[], None]:
        log = EventLog(path)
        scenario = Scenario(episodes=10**6, seed=1, episodes_per_pool=20)

        def append() -> None:
            events = (event for event, _ in generate_events(scenario))
            while not done.wait(0.02):
                log.append([next(events) for _ in range(25)])
            log.close()

        thread = threading.Thread(target=append)
        thread.start()
        threads.append(thread)

        def grown() -> None:
            done.set()
            thread.join()

        return grown

    yield begin
    done.set()
    for thread in threads:
        thread.join()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """As much of a built front end as a server needs to start."""
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Hamlet</title>")
    return folder


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Mount]:
    """See `Mount`; skips the test where mounting is not allowed."""
    mounted: list[Path] = []

    def mount(name: str, size: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
        tried = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if tried.returncode:
            pytest.skip(f"a small disk cannot be mounted here: {tried.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        # lazily: a process that is being ended may hold a file for another moment
        subprocess.run(["umount", "--lazy", folder], check=True, timeout=120)
