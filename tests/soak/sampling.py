"""What a soak measures: processes from outside, files by their size, delays by the log's own times."""

import bisect
import math
from collections.abc import Iterable
from pathlib import Path
from subprocess import Popen

import apsw
import psutil

from core.process.sqlite import open_reader
from core.run_directory import RunDirectory

MIB = 2**20
REMEMBERED_COMMITS = 20_000


def of_process(role: str, process: psutil.Process) -> dict[str, float]:
    """Resident memory (MiB), threads, and file handles, TCP connections not among them.

    Raises:
        psutil.NoSuchProcess: it has ended.
    """
    with process.oneshot():
        return {
            f"{role}.rss": process.memory_info().rss / MIB,
            f"{role}.handles": max(0, process.num_fds() - connections(process)),
            f"{role}.threads": process.num_threads(),
        }


def connections(process: psutil.Process) -> int:
    """Established TCP connections of a process.

    Raises:
        psutil.NoSuchProcess: it has ended.
    """
    return sum(one.status == psutil.CONN_ESTABLISHED for one in process.net_connections("tcp"))


def of_descendants(role: str, process: psutil.Process) -> dict[str, float]:
    """How many processes descend from this one, and the memory of their own (MiB)."""
    return _together(role, process.children(recursive=True))


def of_browser(role: str, known: Iterable[Popen[bytes]]) -> dict[str, float]:
    """`of_descendants` of a browser that this process started beside the `known` processes.

    The program between this process and the browser is Playwright's; it is not measured.
    """
    pids = {process.pid for process in known}
    drivers = [child for child in psutil.Process().children() if child.pid not in pids]
    return _together(
        role,
        [
            browser
            for driver in drivers
            for child in driver.children()
            for browser in (child, *child.children(recursive=True))
        ],
    )


def _together(role: str, processes: Iterable[psutil.Process]) -> dict[str, float]:
    memory, count = 0.0, 0
    for process in processes:
        try:
            found = process.memory_info()
            # Chromium keeps decoded pictures in shared memory, up to a limit: those are left out
            memory += (found.rss - found.shared) / MIB
        except psutil.NoSuchProcess:
            continue
        count += 1
    # between two browsers there is none to measure
    return {f"{role}.own": memory if count else math.nan, f"{role}.processes": count}


def of_files(run: RunDirectory) -> dict[str, float]:
    """Sizes (MiB) of both databases and their write-ahead logs, 0 where there is no file yet."""
    return {
        "log.size": _size(run.events) / MIB,
        "log.wal": _size(run.events.with_name(run.events.name + "-wal")) / MIB,
        "read_model.size": _size(run.read_model) / MIB,
        "read_model.wal": _size(run.read_model.with_name(run.read_model.name + "-wal")) / MIB,
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class Commits:
    """When which part of the log was committed: `recorded_at` (Unix seconds) of the newest transactions."""

    def __init__(self, events: Path) -> None:
        self._events = events
        self._connection: apsw.Connection | None = None
        self._positions: list[int] = []
        self._times: list[float] = []

    def catch_up(self) -> None:
        """Read what was committed since the last call; nothing while there is no log yet."""
        if self._connection is None:
            if not self._events.exists():
                return
            self._connection = open_reader(self._events)
        last = self._positions[-1] if self._positions else 0
        for position, recorded_at in self._connection.execute(
            "SELECT max(position), recorded_at FROM events WHERE position > ?"
            " GROUP BY recorded_at ORDER BY 1",
            (last,),
        ):
            self._positions.append(position)
            self._times.append(recorded_at)
        del self._positions[:-REMEMBERED_COMMITS], self._times[:-REMEMBERED_COMMITS]

    def delays(self, shown_before: int, shown: int, at: float) -> list[float]:
        """Seconds from the commit of each transaction that a message brings to `at`, when it was received.

        A viewer that had seen the log up to `shown_before` got a message that shows it up to `shown`.
        """
        first = bisect.bisect_right(self._positions, shown_before)
        last = bisect.bisect_right(self._positions, shown)
        return [at - committed for committed in self._times[first:last]]

    def close(self) -> None:
        """Close the log."""
        if self._connection is not None:
            self._connection.close()
