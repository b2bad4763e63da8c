"""Files that are no log, or damaged: refused with a sentence that names the file, and left as they are."""

import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from core import events as e
from core.errors import StoreError
from core.log import EventLog, LogReader
from core.log_header import APPLICATION_ID
from tests.support.small_events import stopped

# ---- files that are no log, or not as they should be


def garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def somebody_elses(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE addresses (name TEXT)")
    connection.close()


def newer(path: Path) -> None:
    EventLog(path).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 3)
    connection.close()


def truncated(path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(n) for n in range(2_000)])
    log.close()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize("open_it", [EventLog, LogReader])
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (garbage, "file is not a database"),
        (somebody_elses, "not an event log of Hamlet; give the path of an events.db"),
        (newer, "log schema version 3, this program knows 2; use the release that wrote it"),
        (truncated, "malformed"),
    ],
)
def test_a_file_that_is_no_log_is_refused_and_left_alone(
    path: Path, open_it: Callable[[Path], object], damage: Callable[[Path], None], said: str
) -> None:
    damage(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=said) as refusal:
        open_it(path)
    assert str(path) in str(refusal.value)
    assert refusal.value.exit_code == 74
    assert path.read_bytes() == before


def test_damage_found_while_reading_is_named_with_its_place(path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(n) for n in range(2_000)])
    log.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xa5" * 4096
    path.write_bytes(content)
    reader = LogReader(path)
    with pytest.raises(StoreError, match=rf"{path}: cannot be read after position 0 \(.*malformed"):
        reader.read(0, 1_000_000)
    with pytest.raises(StoreError, match=r"malformed.*`projections doctor`"):
        list(reader.follow(0, threading.Event()))
    reader.close()


def test_damage_is_named_whatever_is_asked(path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(n) for n in range(2_000)])
    log.close()
    reader, content = LogReader(path), bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)  # all but the schema
    path.write_bytes(content)
    for ask in (reader.head, lambda: reader.milestones(e.RunStopped)):
        with pytest.raises(StoreError, match=f"{path}: cannot be read .*malformed"):
            ask()
    reader.close()


def test_a_missing_log_is_named(path: Path) -> None:
    with pytest.raises(StoreError, match=f"{path}: no such log"):
        LogReader(path)
    assert not path.exists()


def test_a_place_where_no_log_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/events\.db: the log cannot be created"):
        EventLog(tmp_path / "file" / "events.db")


def test_a_lost_log_whose_newest_events_are_still_there_is_not_begun_anew(path: Path) -> None:
    """SQLite would replay the old file's WAL into the new file."""
    log = EventLog(path)
    log.append([stopped(1)])
    wal = path.with_name("events.db-wal")
    kept = wal.read_bytes()
    log.close()
    for lose in (path.unlink, lambda: path.write_bytes(b"")):
        lose()
        wal.write_bytes(kept)
        with pytest.raises(StoreError, match=r"missing or empty, but events\.db-wal beside it holds events"):
            EventLog(path)
        assert wal.read_bytes() == kept
        path.touch()


def test_an_unfinished_creation_is_begun_again(path: Path) -> None:
    for leftover in (".events.db.unfinished", ".events.db.unfinished-wal", ".events.db.unfinished-shm"):
        path.with_name(leftover).write_bytes(b"left by a killed process" * 400)
    log = EventLog(path)
    assert log.append([stopped(1)]) == 1
    log.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["events.db"]


def test_a_log_is_recognised_by_its_application_id(path: Path, log: EventLog) -> None:
    assert path.read_bytes()[68:72] == APPLICATION_ID.to_bytes(4, "big") == b"HAML"
