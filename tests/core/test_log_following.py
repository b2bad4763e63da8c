"""Reading the log: in pages, by type, and followed while it grows, without a gap and without a repetition."""

import threading
from pathlib import Path

import pytest

from core import events as e
from core.log import EventLog, LogReader, Page
from tests.support.small_events import episodes, heartbeat, stopped

# ---- read


def test_pages_are_cut_by_limit_and_by_position(log: EventLog, reader: LogReader) -> None:
    log.append([stopped(n) for n in range(1, 11)])
    assert episodes(reader.read(0, 3)) == [1, 2, 3]
    assert episodes(reader.read(3, 3)) == [4, 5, 6]
    assert episodes(reader.read(7, 100, until=9)) == [8, 9]
    assert reader.read(10, 5) == []
    assert reader.head() == 10


def test_milestones_are_found_by_an_index(log: EventLog, reader: LogReader) -> None:
    log.append([heartbeat(1), stopped(2), heartbeat(3), stopped(4)])
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


@pytest.mark.thorough
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
