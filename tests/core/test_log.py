"""The log's promises: append-only against every way round it, all or nothing, followed without a gap."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from core import events as e
from core.codec import Recorded, decode
from core.errors import StoreError
from core.log import EventLog, LogReader, Page
from core.log_file import APPLICATION_ID


def stopped(episode: int) -> e.RunStopped:
    return e.RunStopped(episode=episode, reason="signal")


def beat(episode: int) -> e.Heartbeat:
    return e.Heartbeat(
        episode=episode, vector_step=0, updates=0, agent_steps_per_second=0.0, loss=0.0, mean_q=0.0,
        gradient_norm=0.0, rss_bytes=0, device_memory_bytes=0, replay_fill=0.0,
    )  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
def log(path: Path) -> Iterator[EventLog]:
    log = EventLog(path, clock=lambda: 1_790_000_000.5)
    yield log
    log.close()


@pytest.fixture
def reader(path: Path, log: EventLog) -> Iterator[LogReader]:
    reader = LogReader(path)
    yield reader
    reader.close()


def episodes(events: list[Recorded]) -> list[int]:
    return [decode(recorded).episode for recorded in events]  # type: ignore[union-attr]


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
        log.append([stopped(2), e.Heartbeat(**(as_dict(beat(2)) | {"loss": float("nan")})), stopped(3)])
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


# ---- read


def test_pages_are_cut_by_limit_and_by_position(log: EventLog, reader: LogReader) -> None:
    log.append([stopped(n) for n in range(1, 11)])
    assert episodes(reader.read(0, 3)) == [1, 2, 3]
    assert episodes(reader.read(3, 3)) == [4, 5, 6]
    assert episodes(reader.read(7, 100, until=9)) == [8, 9]
    assert reader.read(10, 5) == []
    assert reader.head() == 10


def test_milestones_are_found_by_an_index(log: EventLog, reader: LogReader) -> None:
    log.append([beat(1), stopped(2), beat(3), stopped(4)])
    assert episodes(reader.milestones(e.RunStopped)) == [2, 4]
    assert episodes(log.milestones(e.RunStopped, e.RunResumed)) == [2, 4]
    statements: list[str] = []
    reader._connection.set_exec_trace(lambda _cursor, sql, _bindings: statements.append(sql) or True)
    reader.milestones(e.RunStopped)
    reader._connection.set_exec_trace(None)
    plan = reader._connection.execute("EXPLAIN QUERY PLAN " + statements[0], ("run_stopped",)).fetchall()
    assert "events_milestones" in str(plan)
    assert "SCAN" not in str(plan)


# ---- follow


def test_following_catches_up_page_by_page_and_says_so(log: EventLog, reader: LogReader) -> None:
    log.append([stopped(n) for n in range(1, 6)])
    pages = reader.follow(1, threading.Event(), page=2)
    assert shape(next(pages)) == ([2, 3], False)
    assert shape(next(pages)) == ([4, 5], False)
    assert shape(next(pages)) == ([], True)


def shape(page: Page) -> tuple[list[int], bool]:
    return episodes(page.events), page.caught_up


def test_following_wakes_up_for_what_is_appended_later(log: EventLog, reader: LogReader) -> None:
    stop = threading.Event()
    pages = reader.follow(0, stop, poll_seconds=0.001)
    assert shape(next(pages)) == ([], True)
    assert shape(next(pages)) == ([], True)
    for n in range(1, 4):
        log.append([stopped(n)])
        assert shape(next(pages)) == ([n], True)
        assert shape(next(pages)) == ([], True)
    stop.set()
    assert list(pages) == []


def test_waiting_reads_nothing_of_the_table(log: EventLog, reader: LogReader) -> None:
    log.append([stopped(1)])
    pages = reader.follow(0, threading.Event(), poll_seconds=0.001)
    assert shape(next(pages)) == ([1], True)
    statements: list[str] = []
    reader._connection.set_exec_trace(lambda _cursor, sql, _bindings: statements.append(sql) or True)
    for _ in range(20):
        assert shape(next(pages)) == ([], True)
    assert statements
    assert not any("FROM events" in statement for statement in statements)


def test_following_a_busy_writer_misses_nothing_and_repeats_nothing(path: Path, log: EventLog) -> None:
    """Appends of all sizes race with reads of small pages."""
    total = 3_000

    def write() -> None:
        written = 0
        while written < total:
            size = min(1 + written % 7, total - written)
            log.append([stopped(written + i + 1) for i in range(size)])
            written += size

    writer = threading.Thread(target=write)
    reader, stop, seen = LogReader(path), threading.Event(), list[int]()
    writer.start()
    for page in reader.follow(0, stop, page=10, poll_seconds=0.001):
        seen += episodes(page.events)
        if len(seen) >= total:
            stop.set()
    writer.join()
    reader.close()
    assert seen == list(range(1, total + 1))


def test_stopping_ends_the_wait(reader: LogReader) -> None:
    stop = threading.Event()
    pages = reader.follow(0, stop, poll_seconds=600.0)
    next(pages)
    timer = threading.Timer(0.05, stop.set)
    timer.start()
    assert list(pages) == [Page(events=[], caught_up=True)]
    timer.join()


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
    with pytest.raises(StoreError, match=f"{path}: no such database"):
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


def test_anybody_can_tell_a_log_by_its_application_id(path: Path, log: EventLog) -> None:
    assert path.read_bytes()[68:72] == APPLICATION_ID.to_bytes(4, "big") == b"HAML"
