"""The log is append-only against every way round it, and appends all of a group or nothing of it."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from core import events as e
from core.log import EventLog, LogReader
from tests.support.small_events import episodes, heartbeat, stopped

# ---- append-only


VIOLATIONS = {
    "update": "UPDATE events SET payload = '{}' WHERE position = 2",
    "update of nothing but the time": "UPDATE events SET recorded_at = 0",
    "update or ignore": "UPDATE OR IGNORE events SET type = 'x'",
    "update or replace": "UPDATE OR REPLACE events SET position = 1 WHERE position = 2",
    "delete": "DELETE FROM events WHERE position = 3",
    "delete everything": "DELETE FROM events",
    "insert or replace": "INSERT OR REPLACE INTO events VALUES (2, 0.0, 'x', 1, '{}', zeroblob(16))",
    "replace": "REPLACE INTO events VALUES (2, 0.0, 'x', 1, '{}', zeroblob(16))",
    "upsert": "INSERT INTO events VALUES (2, 0.0, 'x', 1, '{}', zeroblob(16))"
    " ON CONFLICT (position) DO UPDATE SET payload = '{}'",
    "upsert that does nothing": "INSERT INTO events VALUES (2, 0.0, 'x', 1, '{}', zeroblob(16))"
    " ON CONFLICT DO NOTHING",
    "a taken position": "INSERT INTO events VALUES (1, 0.0, 'x', 1, '{}', zeroblob(16))",
    "a position of the past": "INSERT INTO events VALUES (0, 0.0, 'x', 1, '{}', zeroblob(16))",
    "a negative position": "INSERT INTO events VALUES (-1, 0.0, 'x', 1, '{}', zeroblob(16))",
    "a position ahead of all": "INSERT INTO events"
    " VALUES (9223372036854775807, 0.0, 'x', 1, '{}', zeroblob(16))",
    "ignored or not": "INSERT OR IGNORE INTO events VALUES (2, 0.0, 'x', 1, '{}', zeroblob(16))",
    "by rowid": "INSERT OR REPLACE INTO events (rowid, recorded_at, type, version, payload, digest)"
    " VALUES (2, 0.0, 'x', 1, '{}', zeroblob(16))",
    "no JSON": "INSERT INTO events (recorded_at, type, version, payload, digest)"
    " VALUES (0.0, 'x', 1, 'not json', zeroblob(16))",
    "no type": "INSERT INTO events (recorded_at, version, payload, digest)"
    " VALUES (0.0, 1, '{}', zeroblob(16))",
    "a word for a version": "INSERT INTO events (recorded_at, type, version, payload, digest)"
    " VALUES (0.0, 'x', 'one', '{}', zeroblob(16))",
    "no digest": "INSERT INTO events (recorded_at, type, version, payload) VALUES (0.0, 'x', 1, '{}')",
    "a short digest": "INSERT INTO events (recorded_at, type, version, payload, digest)"
    " VALUES (0.0, 'x', 1, '{}', zeroblob(15))",
}


@pytest.mark.parametrize("statement", VIOLATIONS.values(), ids=list(VIOLATIONS))
@pytest.mark.parametrize("library", ["apsw", "the standard library"])
def test_no_statement_changes_what_was_recorded(
    path: Path, log: EventLog, reader: LogReader, statement: str, library: str
) -> None:
    """Not even with another program's SQLite, whatever its settings are."""
    log.append([stopped(1), stopped(2), stopped(3)])
    before = reader.read(0, 10)
    if library == "apsw":
        intruder = apsw.Connection(str(path))
        with pytest.raises(apsw.ConstraintError, match=r"append-only|constraint|NOT NULL|cannot store"):
            intruder.execute(statement)
        intruder.close()
    else:
        other = sqlite3.connect(path)
        with pytest.raises(sqlite3.IntegrityError), other:
            other.execute(statement)
        other.close()
    assert reader.read(0, 10) == before
    assert log.append([stopped(4)]) == 4


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (VIOLATIONS["update"], "UPDATE refused"),
        (VIOLATIONS["delete"], "DELETE refused"),
        (VIOLATIONS["insert or replace"], "the log gives positions, none may be chosen"),
    ],
)
def test_a_refusal_says_what_was_refused(path: Path, log: EventLog, statement: str, said: str) -> None:
    log.append([stopped(1), stopped(2), stopped(3)])
    intruder = apsw.Connection(str(path))
    with pytest.raises(apsw.ConstraintError, match=f"events are append-only: {said}"):
        intruder.execute(statement)
    intruder.close()


def test_a_reader_cannot_write(reader: LogReader) -> None:
    with pytest.raises(apsw.ReadOnlyError):
        reader._connection.execute("DROP TABLE events")


# ---- append


def test_events_get_positions_in_order_and_the_clocks_time(log: EventLog, reader: LogReader) -> None:
    assert log.head() == 0
    assert log.append([stopped(1), stopped(2)]) == 2
    assert log.append([stopped(3)]) == 3
    events = reader.read(0, 10)
    assert [(event.position, event.recorded_at, event.type, event.version) for event in events] == [
        (position, 1_790_000_000.5, "run_stopped", 1) for position in (1, 2, 3)
    ]
    assert episodes(events) == [1, 2, 3]
    assert log.append([]) == 3


def test_a_group_is_appended_whole_or_not_at_all(log: EventLog, reader: LogReader) -> None:
    log.append([stopped(1)])
    with pytest.raises(ValueError, match="heartbeat is not written"):
        log.append([stopped(2), e.Heartbeat(**(as_dict(heartbeat(2)) | {"loss": float("nan")})), stopped(3)])
    assert episodes(reader.read(0, 10)) == [1]
    assert log.append([stopped(2)]) == 2


def as_dict(event: e.Event) -> dict[str, float]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def test_a_full_disk_appends_nothing_and_is_got_over(log: EventLog, reader: LogReader) -> None:
    log.append([stopped(1)])
    log._connection.pragma("max_page_count", log._connection.pragma("page_count") + 2)
    group = [stopped(2)] * 5_000
    with pytest.raises(apsw.FullError):
        log.append(group)
    assert episodes(reader.read(0, 10_000)) == [1]
    log._connection.pragma("max_page_count", 2**31)
    assert log.append(group) == 5_001


DYING_WRITER = """
import os, signal, sys
from pathlib import Path
from core.events import RunStopped
from core.log import EventLog

log = EventLog(Path(sys.argv[1]))
moment = sys.argv[2]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
group = lambda n: [RunStopped(episode=n, reason="signal", detail="x" * 1_000)] * 500
for n in range(1, 4):
    log.append(group(n))
    print(n, flush=True)
if moment == "row":
    rows = []
    log._connection.set_update_hook(lambda *_: rows.append(1) or len(rows) > 250 and die())
    log._connection.pragma("cache_size", 10)  # so that rows of the open transaction reach the WAL
elif moment == "commit":
    log._connection.set_commit_hook(die)
while True:
    n += 1
    log.append(group(n))
    print(n, flush=True)
"""


@pytest.mark.parametrize("moment", ["row", "commit", "any"])
def test_a_killed_append_leaves_whole_groups_and_all_that_was_acknowledged(path: Path, moment: str) -> None:
    """A writer of its own process, killed half-way through a group, before its commit, or at any time."""
    with subprocess.Popen(
        [sys.executable, "-c", DYING_WRITER, path, moment], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(3)]
        if moment == "any":
            writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().split()]
        assert writer.wait(timeout=120) == -signal.SIGKILL

    reader = LogReader(path)
    found = episodes(reader.read(0, 1_000_000))
    reader.close()
    groups = sorted(set(found))
    assert found == [n for n in groups for _ in range(500)]
    assert groups[: len(acknowledged)] == acknowledged
    if moment != "any":
        assert groups == [1, 2, 3]
    log = EventLog(path)
    assert log.append([stopped(0)]) == len(found) + 1
    log.close()


def test_commits_reach_the_disk(log: EventLog) -> None:
    assert log._connection.pragma("synchronous") == 2
    assert log._connection.pragma("journal_mode") == "wal"
