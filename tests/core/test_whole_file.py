"""One file holds everything once the processes that used it have ended, in whatever order they end."""

import shutil
from contextlib import ExitStack
from pathlib import Path

import apsw
import pytest

from core.events import RunStopped
from core.log import EventLog, LogReader
from core.process.whole_file import kept_whole, merge_wal, wal_bytes


def stopped(episode: int) -> RunStopped:
    return RunStopped(episode=episode, reason="signal", detail="x" * 100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


def copied_head(path: Path, folder: Path) -> int:
    """The head of a copy of the database file alone."""
    copy = folder / "copy.db"
    shutil.copyfile(path, copy)
    reader = LogReader(copy)
    try:
        return reader.head()
    finally:
        reader.close()


def test_a_closed_log_is_one_whole_file(path: Path, tmp_path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(n) for n in range(100)])
    assert wal_bytes(path) > 0
    log.close()
    assert wal_bytes(path) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["events.db"]
    assert copied_head(path, tmp_path) == 100


def test_a_log_closed_under_a_reader_is_whole_too(path: Path, tmp_path: Path) -> None:
    log = EventLog(path)
    reader = LogReader(path)
    log.append([stopped(n) for n in range(100)])
    reader.read(0, 10)
    log.close()
    assert copied_head(path, tmp_path) == 100
    reader.close()
    assert not path.with_name("events.db-wal").exists()


@pytest.mark.parametrize("content", ["", "no database"])
def test_what_is_no_database_is_left_alone_with_what_is_beside_it(tmp_path: Path, content: str) -> None:
    """An emptied log's `-wal` may hold all that is left of it."""
    file, beside = tmp_path / "events.db", tmp_path / "events.db-wal"
    file.write_text(content)
    beside.write_text("the rest")
    with kept_whole(file):
        pass
    assert file.read_text() == content
    assert beside.read_text() == "the rest"
    assert merge_wal(file) is False


def test_a_missing_database_is_not_created(path: Path) -> None:
    assert merge_wal(path) is False
    assert not path.exists()


@pytest.mark.thorough
def test_a_long_read_keeps_the_wal_and_loses_nothing(path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(1)])
    other = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    cursor = other.execute("BEGIN").execute("SELECT position FROM events")
    assert next(cursor) == (1,)
    log.append([stopped(2)])
    log.close()
    assert wal_bytes(path) > 0
    other.close()
    assert merge_wal(path)
    reader = LogReader(path)
    assert reader.head() == 2
    reader.close()


def test_a_reader_alone_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(1)])
    log.close()
    reader = LogReader(path)
    assert reader.head() == 1
    reader.close()
    assert [file.name for file in tmp_path.iterdir()] == ["events.db"]


def test_an_error_in_the_block_does_not_keep_the_file_from_being_whole(path: Path) -> None:
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(ZeroDivisionError))
        stack.enter_context(kept_whole(path))
        writer = EventLog(path)
        writer.append([stopped(1)])
        writer._connection.close()  # as after a crash of the code around it
        1 / 0  # noqa: B018
    assert not path.with_name("events.db-wal").exists()
