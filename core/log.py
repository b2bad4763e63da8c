"""The event log: append, read, follow. All other data of a run can be rebuilt from its log.

The log is one table in one SQLite file, written by one process. Triggers refuse UPDATE, DELETE and every
INSERT that chooses its position, so that no event can be changed (`core.log_file`). `core.events` says what
the events mean.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

import apsw
import msgspec

from core import log_queries
from core.codec import Encoded, Recorded, encode
from core.digests import Broken, digest, first_broken, head_digest, stored_digests
from core.errors import StoreError
from core.events import Event
from core.log_file import NO_LOG, add_digests, create_if_missing, require_log, rescue
from core.process.sqlite import inode, open_reader, open_writer
from core.process.whole_file import close_reader, merge_wal

__all__ = ["EventLog", "LogReader", "Page"]


class Page(msgspec.Struct, frozen=True):
    """Part of the log in order. `caught_up` says that it reached the end of the log as of its reading."""

    events: list[Recorded]
    caught_up: bool


class EventLog:
    """The log, open for appending, by one process only: hold `core.process.lock.exclusive` on the path."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        permit: Callable[[], None] = lambda: None,
    ) -> None:
        """Open or create the log. `permit` is called inside every transaction; what it raises ends that one.

        Raises:
            StoreError: not a log of ours, damaged, or not writable.
        """
        self._path = path
        self._clock = clock
        self._permit = permit
        create_if_missing(path)
        # Read first: opening for writing would change the journal mode of a database that is not a log.
        LogReader(path).close()
        self._connection = open_writer(path, synchronous="FULL")
        self._inode = inode(path)
        try:
            add_digests(self._connection)
            self._head, self._digest = head_digest(self._connection)
        except apsw.Error as error:
            self._connection.close()
            raise log_queries.unreadable(path, error) from error

    def append(self, events: Sequence[Event]) -> int:
        """Append events in one durable transaction, all or none; return the position of the last.

        Raises:
            apsw.Error: the disk is full, or reading or writing failed; nothing was appended.
            StoreError: as `append_encoded`.
            ValueError: an event holds NaN or Inf; nothing was appended.
        """
        now = self._clock()
        return self.append_encoded([encode(event, now) for event in events])

    def append_encoded(self, events: Sequence[Encoded]) -> int:
        """Append events that are encoded already, each with its own time, as `append` does.

        Raises:
            apsw.Error: the disk is full, or reading or writing failed; nothing was appended.
            StoreError: the file was deleted or replaced while in use; nothing was appended, and what was in
                it has been saved beside it; or the position that SQLite gives is not the next one, since
                another process writes here.
            HamletError: what `permit` raised; nothing was appended.
        """
        if not events:
            return self.head()
        if inode(self._path) != self._inode:
            # SQLite would go on writing to a file that has no name any more.
            raise StoreError(f"{self._path}: deleted or replaced while in use; {self._rescue()}")
        rows, position, previous = [], self._head, self._digest
        for recorded_at, name, version, payload in events:
            position += 1
            previous = digest(previous, position, name, version, payload)
            rows.append((recorded_at, name, version, payload, previous))
        with self._connection:
            self._connection.executemany(
                "INSERT INTO events (recorded_at, type, version, payload, digest) VALUES (?, ?, ?, ?, ?)",
                rows,
            )
            given = self._connection.last_insert_rowid()
            self._permit()  # after the INSERT, which took the write lock
            if given != position:
                # digests cover positions, so an event at another position would break the chain for ever
                raise StoreError(
                    f"{self._path}: position {given} was given to an event that belongs at {position};"
                    " another process writes to this log, or events were taken out; run `projections doctor`"
                )
        self._head, self._digest = position, previous
        return position

    def _rescue(self) -> str:
        """Save what only this open file still holds; return a sentence that says where."""
        try:
            saved = rescue(self._connection, self._path)
        except StoreError as error:
            return f"what was in it is lost, {error}"
        return f"everything up to position {self.head()} was saved as {saved.name}; rename that to go on"

    def head(self) -> int:
        """Position of the newest event, 0 when there is none.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        return log_queries.head(self._connection, self._path)

    @property
    def digest(self) -> bytes:
        """The digest of the newest event, `[16]` bytes: the name of the whole history up to it."""
        return self._digest

    def milestones(self, *event_types: type[Event]) -> list[Recorded]:
        """Every event of the given rare types, in order.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        return log_queries.milestones(self._connection, self._path, event_types)

    def close(self) -> None:
        """Close the file, and leave the log in one file where no reader has it open."""
        self._connection.close()
        merge_wal(self._path)


class LogReader:
    """The log, open read-only. Any number of readers may be open beside the one writer."""

    def __init__(self, path: Path) -> None:
        """Open an existing log.

        Raises:
            StoreError: missing, not a log of ours, or not readable.
        """
        self._path = path
        self._connection = open_reader(path, NO_LOG)
        try:
            require_log(self._connection, path)
        except StoreError:
            self._connection.close()
            raise

    def read(self, after: int, limit: int, until: int | None = None) -> list[Recorded]:
        """At most `limit` events with `after < position <= until`, in order.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        upper = until if until is not None else 2**63 - 1
        try:
            return log_queries.recorded(
                self._connection,
                "WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
                (after, upper, limit),
            )
        except apsw.Error as error:
            raise log_queries.unreadable(self._path, error, f" after position {after}") from error

    def head(self) -> int:
        """Position of the newest event, 0 when there is none.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        return log_queries.head(self._connection, self._path)

    def milestones(self, *event_types: type[Event]) -> list[Recorded]:
        """Every event of the given rare types, in order.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        return log_queries.milestones(self._connection, self._path, event_types)

    def head_digest(self) -> bytes:
        """The digest of the newest event, `[16]` bytes; one walk through a log of schema 1.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        try:
            return head_digest(self._connection)[1]
        except apsw.Error as error:
            raise log_queries.unreadable(self._path, error) from error

    def digests(self, after: int, until: int) -> dict[int, str]:
        """Position → digest in hexadecimal of the events with `after < position <= until` that have one.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        try:
            return stored_digests(self._connection, after, until)
        except apsw.Error as error:
            raise log_queries.unreadable(self._path, error) from error

    def first_broken(self, after: int = 0, until: int = 2**63 - 1) -> Broken | None:
        """The first event with `after < position <= until` that breaks the chain of digests.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        try:
            return first_broken(self._connection, after, until)
        except apsw.Error as error:
            raise log_queries.unreadable(self._path, error) from error

    def follow(
        self, after: int, stop: threading.Event, page: int = 2_000, poll_seconds: float = 0.05
    ) -> Iterator[Page]:
        """Catch up from `after`, then stay at the end of the log until `stop` is set.

        Each page is one short read, since a long read transaction would keep the writer from resetting its
        WAL. When nothing is new, an empty page with `caught_up` comes every `poll_seconds`, so that the
        caller can do periodic work. Meanwhile only `PRAGMA data_version` is read, not the table.

        Raises:
            StoreError: the file is damaged or cannot be read.
        """
        seen_version: int | None = None
        while not stop.is_set():
            version = self._data_version()
            if version == seen_version:
                yield Page(events=[], caught_up=True)
                stop.wait(poll_seconds)
                continue
            events = self.read(after, page)
            caught_up = len(events) < page
            if caught_up:
                seen_version = version
            if events:
                after = events[-1].position
            yield Page(events=events, caught_up=caught_up)

    def _data_version(self) -> int:
        """A number that changes whenever another connection has committed."""
        try:
            return cast(int, self._connection.pragma("data_version"))
        except apsw.Error as error:
            raise log_queries.unreadable(self._path, error) from error

    def close(self) -> None:
        """Close the file."""
        close_reader(self._connection, self._path)
