"""Project logs, and compare what read models hold."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

from core.codec import Recorded
from core.events import AnyEvent
from core.log import LogReader
from projections.engine.engine import Engine
from projections.engine.projector import Projector
from projections.engine.reader import ReadModel
from projections.engine.store import Store
from projections.readmodels import READ_MODELS
from tests.support.logs import EVERYTHING, TimedEvent, write_log
from tests.support.processes import run_command, run_successfully

Rows = list[tuple[Any, ...]]
Tables = dict[str, Rows]

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
    """While a handler runs, nothing outside the projector's tables may be changed."""
    if getattr(_watched, "on", False):
        writes = event == "open" and len(arguments) > 1 and set(str(arguments[1] or "r")) & set("wax+")
        if writes or event.startswith(FORBIDDEN):
            raise AssertionError(f"a handler had a side effect: {event} {arguments}")


sys.addaudithook(_refuse)


@contextlib.contextmanager
def no_side_effects() -> Iterator[None]:
    """Refuse every write to a file, socket or process inside the block."""
    _watched.on = True
    try:
        yield
    finally:
        _watched.on = False


def in_one_batch(events: list[Recorded]) -> Iterable[list[Recorded]]:
    """All events at once."""
    return [events]


def one_by_one(events: list[Recorded]) -> Iterable[list[Recorded]]:
    """A batch for each event."""
    return [[event] for event in events]


def project_log(
    log_path: Path,
    read_model: Path,
    projectors: Sequence[type[Projector]] = READ_MODELS,
    batches: Callable[[list[Recorded]], Iterable[list[Recorded]]] = in_one_batch,
) -> Path:
    """Project a whole log in this process, cut into batches; no handler may have a side effect."""
    log, store = LogReader(log_path), Store(read_model, scratch=True)
    engine = Engine(store, log, projectors, clock=lambda: 0.0)
    for batch in batches(log.read(engine.position, EVERYTHING)):
        if batch:
            with no_side_effects():
                engine.project(batch)
    store.close()
    log.close()
    return read_model


def catch_up(run_dir: Path) -> None:
    """Bring the read models of a run directory up to date with the command."""
    run_successfully("projections", "run", "--run-dir", run_dir, "--until-caught-up")


def rebuilt_tables(events: Path, out: Path) -> Tables:
    """The tables that one undisturbed pass over a log gives; `out` is a file for the pass to write."""
    run_successfully("projections", "rebuild", "--run-dir", events.parent, "--out", out)
    return read_tables(out)


def read_tables(path: Path) -> Tables:
    """Every row of a read model that follows from the events alone, in the order of the table."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(10_000)
        with connection:
            names = connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                " AND name <> 'projector_heartbeats' ORDER BY name"
            ).fetchall()
            return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}
    finally:
        connection.close()


def dump(path: Path) -> str:
    """As `read_tables`, as text, with the definitions of tables and indexes."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    lines = []
    for name, sql in connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall():
        lines.append(str(sql))
        if str(sql).startswith("CREATE TABLE") and name != "projector_heartbeats":
            lines += [repr(row) for row in connection.execute(f'SELECT * FROM "{name}"')]
    connection.close()
    return "\n".join(lines)


class ReadModelKit:
    """`given(events)`, then `when(more)`, then `rows(query)`; or `ask(query function)`.

    All events are projected in one batch, event by event, and a second time on top of the first; all three
    must leave the same tables. A new read model gets these tests for the price of its events.
    """

    def __init__(self, folder: Path, read_models: Sequence[type[Projector]] = READ_MODELS) -> None:
        self._folder = folder
        self._read_models = read_models
        self._events: list[TimedEvent] = []

    def given(self, *events: AnyEvent) -> "ReadModelKit":
        """Append events, a second apart, from 1000 s on."""
        self._events += [(event, 1000.0 + len(self._events) + i) for i, event in enumerate(events)]
        return self

    when = given

    def _projected(self) -> Path:
        number = len(list(self._folder.glob("log*.db")))
        log = write_log(self._folder / f"log{number}.db", self._events)
        whole = project_log(log, self._folder / f"whole{number}.db", self._read_models)
        single = project_log(log, self._folder / f"single{number}.db", self._read_models, one_by_one)
        assert dump(single) == dump(whole), "how the log is cut into batches shows in the tables"
        before = dump(whole)
        project_log(log, whole, self._read_models)
        assert dump(whole) == before, "projecting the same events again changed something"
        return whole

    def rows(self, query: str) -> Rows:
        """The rows that a query of the read model gives."""
        connection = apsw.Connection(str(self._projected()), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return [tuple(row) for row in connection.execute(query)]
        finally:
            connection.close()

    def ask(self, query: Callable[[apsw.Connection], Any]) -> Any:
        """The result of a query function."""
        model = ReadModel(self._projected())
        with model.snapshot() as connection:
            assert connection is not None
            answer = query(connection)
        model.close()
        return answer


def run_projections(folder: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run `projections …` on a run directory to its end."""
    return run_command("projections", *arguments, "--run-dir", folder)


def count_episodes(read_model: Path) -> int:
    """How many episodes a read model has, 0 before it has tables."""
    model = ReadModel(read_model)
    with model.snapshot() as connection:
        if connection is None:
            return 0
        known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'episodes'").get
        count = connection.execute("SELECT count(*) FROM episodes").get if known else 0
    model.close()
    return int(count or 0)
