"""The test kit of the projections: given these events, when these come, then these rows.

Whatever goes through it is projected in one batch, event by event, and a second time on top of itself; all
must leave the same tables. So a new read model gets these tests for the price of its events.
"""

import contextlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import apsw
import pytest

from core.events import AnyEvent, CheckpointSaved, EpisodeFinished, RunResumed
from core.log import EventLog, LogReader, Recorded, decode, encode
from projections.engine.engine import Engine
from projections.engine.projector import Projector
from projections.engine.reader import ReadModel
from projections.engine.store import Store
from projections.readmodels import PROJECTORS

Rows = list[tuple[Any, ...]]
Timed = tuple[AnyEvent, float]

FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "shutil.",
    "urllib.",
)
_watched = threading.local()


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """While a handler runs, nothing outside its tables may be touched."""
    if getattr(_watched, "on", False):
        writes = event == "open" and len(arguments) > 1 and set(str(arguments[1] or "r")) & set("wax+")
        if writes or event.startswith(FORBIDDEN):
            raise AssertionError(f"a handler had a side effect: {event} {arguments}")


sys.addaudithook(_refuse)


@contextlib.contextmanager
def no_side_effects() -> Iterator[None]:
    _watched.on = True
    try:
        yield
    finally:
        _watched.on = False


def _load_plausible() -> ModuleType:
    path = Path(__file__).parents[1] / "plausible.py"
    spec = importlib.util.spec_from_file_location("plausible", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plausible"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def plausible() -> ModuleType:
    """The generator of plausible logs, `tests/plausible.py`."""
    return _load_plausible()


@pytest.fixture(scope="session")
def told(plausible: ModuleType) -> list[Timed]:
    """A story of 400 episodes with five crashes, as (event, recorded_at)."""
    story = plausible.Story(
        episodes=400, resumes=5, seed=7, checkpoint_every=20, heartbeat_every=5, lives_per_pool=20
    )
    return list(plausible.tell(story))


def without_crashes(told: list[Timed]) -> list[Timed]:
    """A story as if nothing had crashed: without the resumes and what they superseded."""
    kept: list[tuple[int, Timed]] = []
    for position, (event, recorded_at) in enumerate(told, start=1):
        if isinstance(event, RunResumed):
            kept = [
                (at, (earlier, when))
                for at, (earlier, when) in kept
                if at <= event.after_position
                or (isinstance(earlier, CheckpointSaved) and earlier.position <= event.after_position)
            ]
        else:
            kept.append((position, (event, recorded_at)))
    return [timed for _, timed in kept]


@pytest.fixture(scope="session")
def straighten() -> Callable[[list[Timed]], list[Timed]]:
    return without_crashes


@pytest.fixture(scope="session")
def straight(told: list[Timed]) -> list[Timed]:
    """The story of `told` without its crashes."""
    return without_crashes(told)


def write(path: Path, events: Iterable[Timed]) -> Path:
    """A log with these events."""
    EventLog(path).close()
    connection = apsw.Connection(str(path))
    connection.pragma("synchronous", "OFF")
    with connection:
        connection.executemany(
            "INSERT INTO events (recorded_at, type, version, payload) VALUES (?, ?, ?, ?)",
            [encode(event, recorded_at) for event, recorded_at in events],
        )
    connection.close()
    return path


@pytest.fixture(scope="session")
def write_log() -> Callable[[Path, Iterable[Timed]], Path]:
    return write


def dump(path: Path) -> str:
    """Everything in a read model that follows from the events alone, as text, rows in the order they lie."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    lines = []
    for name, sql in connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall():
        lines.append(str(sql))
        if str(sql).startswith("CREATE TABLE") and name != "projector_pulse":
            lines += [repr(row) for row in connection.execute(f'SELECT * FROM "{name}"')]
    connection.close()
    return "\n".join(lines)


@pytest.fixture(scope="session")
def dump_of() -> Callable[[Path], str]:
    return dump


def project(
    log_path: Path,
    read_model: Path,
    projectors: Sequence[type[Projector]] = PROJECTORS,
    batches: Callable[[list[Recorded]], Iterable[list[Recorded]]] = lambda events: [events],
) -> Path:
    """Project a whole log, cut into batches as told."""
    log, store = LogReader(log_path), Store(read_model, scratch=True)
    engine = Engine(store, log, projectors, clock=lambda: 0.0)
    for batch in batches(log.read(engine.position, 2**31)):
        if batch:
            with no_side_effects():
                engine.project(batch)
    store.close()
    log.close()
    return read_model


@pytest.fixture(scope="session")
def project_log() -> Callable[..., Path]:
    return project


class Kit:
    """`given(events)`, then `when(more)`, then `rows(query)`; or `ask(query function)`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._events: list[Timed] = []

    def given(self, *events: AnyEvent) -> "Kit":
        """Append events, a second apart, from 1000 s on."""
        self._events += [(event, 1000.0 + len(self._events) + i) for i, event in enumerate(events)]
        return self

    when = given

    def _projected(self) -> Path:
        number = len(list(self._folder.glob("log*.db")))
        log = write(self._folder / f"log{number}.db", self._events)
        whole = project(log, self._folder / f"whole{number}.db")
        single = project(
            log, self._folder / f"single{number}.db", batches=lambda events: [[event] for event in events]
        )
        assert dump(single) == dump(whole), "how the log is cut into batches shows in the tables"
        before = dump(whole)
        project(log, whole)
        assert dump(whole) == before, "projecting the same events again changed something"
        return whole

    def rows(self, query: str) -> Rows:
        """What a query of the read model gives."""
        connection = apsw.Connection(str(self._projected()), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return [tuple(row) for row in connection.execute(query)]
        finally:
            connection.close()

    def ask(self, query: Callable[[apsw.Connection], Any]) -> Any:
        """What a query function gives."""
        model = ReadModel(self._projected())
        with model.reading() as connection:
            assert connection is not None
            answer = query(connection)
        model.close()
        return answer


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path)


@pytest.fixture(scope="session")
def episodes_of() -> Callable[[Path], list[int]]:
    """The episode numbers a log holds, in order, superseded ones included."""

    def numbers(log_path: Path) -> list[int]:
        log = LogReader(log_path)
        events = [decode(recorded) for recorded in log.read(0, 2**31)]
        log.close()
        return [event.episode for event in events if isinstance(event, EpisodeFinished)]

    return numbers
