"""A log whose file is taken away, emptied or spoilt: what is left is saved or read; nobody begins anew."""

import shutil
from pathlib import Path

import apsw
import pytest

from core.codec import decode
from core.errors import StoreError
from core.events import RunStopped
from core.log import EventLog, LogReader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "events.db"


def stopped(episode: int) -> RunStopped:
    return RunStopped(episode=episode, reason="signal")


def test_a_log_deleted_in_use_is_saved_beside_its_place(path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(episode) for episode in range(500)])
    path.unlink()
    with pytest.raises(
        StoreError,
        match=r"everything up to position 500 was saved as events\.rescued\.db; rename that to go on",
    ):
        log.append([stopped(500)])
    log.close()
    with pytest.raises(StoreError, match=r"missing, but events\.rescued\.db beside it was saved"):
        EventLog(path)
    path.with_name("events.rescued.db").rename(path)
    log = EventLog(path)
    assert log.append([stopped(500)]) == 501
    log.close()


def test_a_log_replaced_in_use_is_saved_and_the_other_file_left_alone(path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(1)])
    other = path.with_name("other")
    other.write_bytes(b"somebody else's")
    other.replace(path)
    with pytest.raises(StoreError, match="deleted or replaced while in use; everything up to position 1"):
        log.append([stopped(2)])
    log.close()
    assert path.read_bytes() == b"somebody else's"


def test_a_log_that_is_lost_with_its_folder_is_reported_as_lost(path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(1)])
    shutil.rmtree(path.parent)
    with pytest.raises(StoreError, match="what was in it is lost, it cannot be saved as"):
        log.append([stopped(2)])
    log.close()


def test_an_emptied_log_is_not_begun_anew(path: Path) -> None:
    EventLog(path).close()
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="empty; restore a backup, or remove it to begin a new log"):
        EventLog(path)
    assert path.read_bytes() == b""


def test_text_that_is_no_utf_8_any_more_spoils_one_event_only(path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(1), RunStopped(episode=2, reason="error", detail="flip me"), stopped(3)])
    log.close()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    path.write_bytes(path.read_bytes().replace(b"flip me", b"fl\xffp me"))
    reader = LogReader(path)
    for records in (reader.read(0, 10), reader.milestones(RunStopped)):
        first, second, third = records
        assert (decode(first), decode(third)) == (stopped(1), stopped(3))
        with pytest.raises(ValueError, match="JSON is malformed"):
            decode(second)
    reader.close()
