"""What the fault suites share: moments from a printed seed, logs that grow, small disks, tables to compare.

`HAMLET_FAULTS_KILLS` (1) is the number of kills of the trainer; the quicker processes die a multiple of it.
`HAMLET_FAULTS_EPISODES` (130) is the length of the runs that are really trained.
`HAMLET_FAULTS_SEED` repeats the moments of a failing test, as far as processes let themselves be repeated.
"""

import importlib.util
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import apsw
import pytest

from core.log import EventLog, LogReader

Tables = dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="session")
def kills() -> int:
    """How many times the trainer dies; the others die more often."""
    return int(os.environ.get("HAMLET_FAULTS_KILLS", "1"))


@pytest.fixture(scope="session")
def episodes() -> int:
    """Of every run that is really trained, at least 100."""
    return int(os.environ.get("HAMLET_FAULTS_EPISODES", "130"))


@pytest.fixture(scope="session")
def straight_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the straight run is trained once for all."""
    return tmp_path_factory.mktemp("straight")


@pytest.fixture
def straight_run(straight_folder: Path, small_config: Path, episodes: int) -> Path:
    """The run of `small_config` as nothing ever happened to it; not to be changed."""
    if not (straight_folder / "events.db").exists():
        command = [Path(sys.executable).parent / "producer", "run", "--config", small_config]
        command += ["--episodes", str(episodes), "--run-dir", straight_folder]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
    return straight_folder


@pytest.fixture
def moments() -> random.Random:
    """Where moments to strike at come from; a failing test shows its seed."""
    seed = int(os.environ.get("HAMLET_FAULTS_SEED") or int.from_bytes(os.urandom(4), "big"))
    print(f"HAMLET_FAULTS_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def head() -> Callable[[Path], int]:
    """Position of a log's newest event, 0 while there is no log."""

    def of(events: Path) -> int:
        if not events.exists():
            return 0
        reader = LogReader(events)
        try:
            return reader.head()
        finally:
            reader.close()

    return of


@pytest.fixture(scope="session")
def plausible() -> ModuleType:
    """The generator of plausible logs, `tests/plausible.py`."""
    path = Path(__file__).parents[1] / "plausible.py"
    spec = importlib.util.spec_from_file_location("plausible", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plausible"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def logged(plausible: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of 300 episodes with three resumes; not to be changed."""
    path: Path = tmp_path_factory.mktemp("logged") / "events.db"
    story = plausible.Story(episodes=300, resumes=3, seed=3, checkpoint_every=20, lives_per_pool=20)
    plausible.write_log(path, story)
    return path


@pytest.fixture
def growing(plausible: ModuleType) -> Iterator[Callable[[Path], Callable[[], None]]]:
    """Let a log grow, some thousand events a second at most, until the test ends or `grown` is called."""
    done = threading.Event()
    threads: list[threading.Thread] = []

    def begin(path: Path) -> Callable[[], None]:
        log = EventLog(path)
        story = plausible.Story(episodes=10**6, seed=1, lives_per_pool=20)

        def append() -> None:
            events = (event for event, _ in plausible.tell(story))
            while not done.wait(0.02):
                log.append([next(events) for _ in range(25)])
            log.close()

        thread = threading.Thread(target=append)
        thread.start()
        threads.append(thread)

        def grown() -> None:
            done.set()
            thread.join(timeout=60)

        return grown

    yield begin
    done.set()
    for thread in threads:
        thread.join(timeout=60)


def read_tables(path: Path) -> Tables:
    """Every row of a read model that follows from the events alone, in the order they lie."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(10_000)
        with connection:
            names = connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                " AND name <> 'projector_pulse' ORDER BY name"
            ).fetchall()
            return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}
    finally:
        connection.close()


@pytest.fixture(scope="session")
def tables_of() -> Callable[[Path], Tables]:
    return read_tables


@pytest.fixture(scope="session")
def straight_tables() -> Callable[[Path, Path], Tables]:
    """The tables that one undisturbed pass over a log gives; the second path is a file for that."""

    def project(events: Path, out: Path) -> Tables:
        command = [Path(sys.executable).parent / "projections", "rebuild", "--run-dir", events.parent]
        subprocess.run([*command, "--out", out], check=True, capture_output=True, timeout=300)
        return read_tables(out)

    return project


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """As much of a built front end as a server needs to start."""
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Hamlet</title>")
    return folder


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mount a file system in memory, of a size such as "4m"; skips the test where that is not allowed."""
    mounted: list[Path] = []

    def mount(name: str, size: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
        tried = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        if tried.returncode:
            pytest.skip(f"a small disk cannot be mounted here: {tried.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        # lazily: a process that is being ended may hold a file for another moment
        subprocess.run(["umount", "--lazy", folder], check=True, timeout=30)
