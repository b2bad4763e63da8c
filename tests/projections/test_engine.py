"""The engine: exactly once, poison stops one projector alone, handlers are kept to their tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from core.errors import StoreError
from core.events import EpisodeFinished
from core.log import EventLog, LogReader
from projections.engine.engine import Engine, MovedError
from projections.engine.projector import EventMetadata, Projector, Tables, handles
from projections.engine.rebuild import stale
from projections.engine.store import Store
from tests.support.logs import write_log

Timed = tuple[Any, float]


class Count(Projector):
    """Counts episodes."""

    name = "count"
    version = 1
    tables_owned = ("counted",)
    ddl = "CREATE TABLE counted (episode_id INTEGER PRIMARY KEY)"

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, metadata: EventMetadata) -> None:
        self.tables.add("INSERT INTO counted VALUES (?)", (event.episode,))


class Choosy(Projector):
    """Fails at the 7th episode."""

    name = "choosy"
    version = 1
    tables_owned = ("chosen",)
    ddl = "CREATE TABLE chosen (episode_id INTEGER PRIMARY KEY)"

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, metadata: EventMetadata) -> None:
        self.tables.add("INSERT INTO chosen VALUES (?)", (event.episode,))
        if event.episode == 7:
            raise ValueError("seven is too much")


@pytest.fixture
def log_path(tmp_path: Path, events_without_crashes: list[Timed]) -> Path:
    finished = [timed for timed in events_without_crashes if isinstance(timed[0], EpisodeFinished)]
    return write_log(tmp_path / "events.db", finished[:20])


@pytest.fixture
def log(log_path: Path) -> Any:
    reader = LogReader(log_path)
    yield reader
    reader.close()


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = Store(tmp_path / "demo_state.db")
    yield store
    store.close()


def numbers(store: Store, table: str) -> list[int]:
    return [row[0] for row in store.connection.execute(f"SELECT episode_id FROM {table}").fetchall()]


def test_two_engines_on_one_file_project_every_event_once(store: Store, log: LogReader) -> None:
    first, second = (Engine(store, log, [Count]) for _ in range(2))
    events = log.read(0, 100)
    first.project(events[:10])
    with pytest.raises(MovedError, match="no longer at position 0"):
        second.project(events[:5])
    second.read_positions()
    second.project(events)
    assert numbers(store, "counted") == list(range(1, 21))


def test_another_programs_tables_are_left_alone(store: Store, log: LogReader) -> None:
    """A newer program rebuilt the file under a running older one: the older one ends and touches nothing."""
    engine = Engine(store, log, [Count])
    engine.project(log.read(0, 10))
    store.connection.execute("UPDATE projector_positions SET version = 2, position = 5")
    with pytest.raises(MovedError):
        engine.project(log.read(10, 5))
    with pytest.raises(StoreError, match="rebuilt by another version of this program; start again"):
        engine.read_positions()
    assert numbers(store, "counted") == list(range(1, 11))


def test_a_batch_is_all_or_nothing(store: Store, log: LogReader) -> None:
    """Rows and position stand or fall together: a batch that breaks off at the position leaves no row."""
    engine = Engine(store, log, [Count])
    events = log.read(0, 100)
    store.connection.set_exec_trace(_fail_on("UPDATE projector_positions"))
    with pytest.raises(apsw.ExecTraceAbort):
        engine.project(events)
    store.connection.set_exec_trace(None)
    assert numbers(store, "counted") == []
    assert store.states()["count"].position == 0
    engine.project(events)
    assert numbers(store, "counted") == list(range(1, 21))


def _fail_on(beginning: str) -> Callable[[Any, str, Any], bool]:
    return lambda _cursor, statement, _bindings: not statement.startswith(beginning)


def test_poison_stops_that_projector_alone_and_skip_goes_on(store: Store, log: LogReader) -> None:
    engine = Engine(store, log, [Count, Choosy])
    engine.catch_up()
    assert numbers(store, "counted") == list(range(1, 21))
    assert numbers(store, "chosen") == list(range(1, 7))
    poisoned = store.states()["choosy"]
    assert poisoned.position == 6
    assert (poisoned.poison_position, poisoned.poison_event) == (7, "episode_finished")
    assert poisoned.poison == "ValueError: seven is too much"

    again = Engine(store, log, [Count, Choosy])
    again.catch_up()
    assert store.states()["choosy"] == poisoned, "a stopped projector stays stopped over a restart"

    assert store.skip(8) == []
    assert store.skip(7) == ["choosy"]
    Engine(store, log, [Count, Choosy]).catch_up()
    assert numbers(store, "chosen") == [1, 2, 3, 4, 5, 6, *range(8, 21)]
    assert store.states()["choosy"].poison is None


def test_an_event_that_cannot_be_decoded_is_poison_for_who_handles_it(
    log_path: Path, store: Store, tmp_path: Path
) -> None:
    writer = EventLog(log_path)
    writer.append_encoded([(1.0, "episode_finished", 1, "{}"), (1.0, "from_the_future", 1, "{}")])
    writer.close()
    log = LogReader(log_path)
    Engine(store, log, [Count]).catch_up()
    standing = store.states()["count"]
    assert standing.poison_position == 21
    assert "missing required field" in (standing.poison or "")
    log.close()

    unconcerned = Store(tmp_path / "other.db")
    log = LogReader(log_path)

    class Idle(Projector):
        name = "idle"
        version = 1
        tables_owned = ()
        ddl = ""

    Engine(unconcerned, log, [Idle]).catch_up()
    assert unconcerned.states()["idle"].position == 22, "idle projectors advance to the head"
    unconcerned.close()
    log.close()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO counted VALUES (1)",
        "SELECT * FROM counted",
        "UPDATE projector_positions SET position = 0",
        "DROP TABLE mine",
        "CREATE TABLE more (x)",
        "PRAGMA journal_mode = delete",
        "ATTACH DATABASE ':memory:' AS other",
        "SELECT random()",
        "INSERT INTO mine SELECT unixepoch()",
        "INSERT INTO mine SELECT julianday('now')",
    ],
)
def test_a_handler_reaches_only_its_own_tables(statement: str, store: Store, log: LogReader) -> None:
    class Curious(Projector):
        name = "curious"
        version = 1
        tables_owned = ("mine",)
        ddl = "CREATE TABLE mine (x)"

        @handles(EpisodeFinished)
        def finished(self, event: EpisodeFinished, metadata: EventMetadata) -> None:
            self.tables.change(statement)

    engine = Engine(store, log, [Count, Curious])
    engine.catch_up()
    poison = store.states()["curious"].poison
    assert poison is not None
    assert "not authorized" in poison or "prohibited" in poison
    assert len(numbers(store, "counted")) == 20


def test_added_rows_are_there_before_anything_is_read(store: Store) -> None:
    store.connection.execute("CREATE TABLE things (x)")
    tables = Tables(store.connection)
    tables.add("INSERT INTO things VALUES (?)", (1,))
    tables.add("INSERT INTO things VALUES (?)", (2,))
    assert tables.rows("SELECT x FROM things") == [(1,), (2,)]
    assert tables.row("SELECT x FROM things WHERE x > 2") is None


def test_another_version_or_another_log_makes_a_read_model_stale(
    store: Store, log: LogReader, tmp_path: Path, events_with_crashes: list[Timed]
) -> None:
    assert stale(store, [Count, Choosy], log) == [], "an empty file is not stale, only empty"
    Engine(store, log, [Count]).catch_up()
    assert stale(store, [Count], log) == []

    class NewCount(Count):
        version = 2

    assert stale(store, [NewCount, Choosy], log) == ["count", "choosy"]
    other = LogReader(write_log(tmp_path / "other.db", [(events_with_crashes[0][0], 5.0)] * 30))
    assert stale(store, [Count], other) == ["count"]
    other.close()
