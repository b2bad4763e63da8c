"""How readers open the read model: not there yet, gone, replaced, being written, garbage."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from core.errors import StoreError
from projections.engine.reader import ReadModel
from projections.engine.route import QueryError
from projections.engine.store import Store
from projections.readmodels.series import read_series
from projections.state import read_state
from tests.support.logs import write_log
from tests.support.read_models import project_log

Timed = tuple[Any, float]


@pytest.fixture
def live(tmp_path: Path, events_without_crashes: list[Timed]) -> Path:
    log = write_log(tmp_path / "events.db", events_without_crashes[:200])
    return project_log(log, tmp_path / "demo_state.db")


def ask(model: ReadModel, question: Callable[[apsw.Connection], object]) -> None:
    with model.snapshot() as connection:
        assert connection is not None
        question(connection)


def newest(model: ReadModel) -> int | None:
    with model.snapshot() as connection:
        state = read_state(connection) if connection is not None else None
        return state.episode if state is not None else None


def test_not_there_yet_is_a_normal_state(tmp_path: Path) -> None:
    path = tmp_path / "demo_state.db"
    model = ReadModel(path)
    with model.snapshot() as connection:
        assert connection is None
    path.touch()
    with model.snapshot() as connection:
        assert connection is None, "the file is there, its tables are not"
    Store(path).close()
    with model.snapshot() as connection:
        assert connection is not None
    model.close()


def test_a_file_that_vanishes_and_another_that_comes_are_noticed(
    live: Path, tmp_path: Path, events_without_crashes: list[Timed]
) -> None:
    model = ReadModel(live)
    before = newest(model)
    other = project_log(
        write_log(tmp_path / "longer.db", events_without_crashes[:400]), tmp_path / "other.db"
    )
    live.unlink()
    assert newest(model) is None
    other.rename(live)
    after = newest(model)
    assert before is not None
    assert after is not None
    assert after > before
    model.close()


def test_a_batch_of_queries_sees_one_state_whatever_is_written_meanwhile(live: Path) -> None:
    writer = apsw.Connection(str(live))
    writer.pragma("journal_mode", "wal")
    model = ReadModel(live)
    with model.snapshot() as connection:
        assert connection is not None
        before = connection.execute("SELECT count(*) FROM episode_details").get
        writer.execute("DELETE FROM episode_details")
        assert connection.execute("SELECT count(*) FROM episode_details").get == before
    with model.snapshot() as connection:
        assert connection is not None
        assert connection.execute("SELECT count(*) FROM episode_details").get == 0
    model.close()
    writer.close()


def test_readers_cannot_write(live: Path) -> None:
    model = ReadModel(live)
    with pytest.raises(StoreError, match="readonly database"):
        ask(model, lambda connection: connection.execute("DELETE FROM episodes"))
    assert newest(model) is not None, "and go on reading after a refusal"
    model.close()


def test_the_readers_own_errors_pass(live: Path) -> None:
    model = ReadModel(live)
    with pytest.raises(QueryError):
        ask(model, lambda connection: read_series(connection, "happiness"))
    assert newest(model) is not None
    model.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo_state.db"
    path.write_bytes(b"no database at all " * 300)
    model = ReadModel(path)
    with pytest.raises(StoreError, match=r"file is not a database.*`projections rebuild` makes a new one"):
        newest(model)
    model.close()


@pytest.mark.parametrize(
    "change",
    ["ALTER TABLE episodes RENAME COLUMN survival_time TO age", "ALTER TABLE episodes RENAME TO lives"],
)
def test_a_file_of_another_version_is_told_from_a_damaged_one(live: Path, change: str) -> None:
    connection = apsw.Connection(str(live))
    connection.execute(change)
    connection.close()
    with pytest.raises(StoreError, match=r"another version of this program .*`projections rebuild`"):
        ask(ReadModel(live), lambda connection: connection.execute("SELECT survival_time FROM episodes"))
