"""A read model as its readers see it: a file that may not be there yet, and may be replaced at any time.

The query functions are in `projections.readmodels` and `projections.state`.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec

from core.errors import StoreError
from core.packing import DamagedError
from core.process.sqlite import is_immutable, open_reader
from core.process.whole_file import close_reader, wal_bytes
from projections.engine.store import SCHEMA_VERSION

# What a query may meet where a bit has flipped.
DAMAGE = (apsw.Error, UnicodeDecodeError, msgspec.DecodeError, DamagedError)

OF_ANOTHER_VERSION = ("no such column: ", "no such table: ")
"""How SQLite's text begins where tables are not those that a query expects."""


@contextlib.contextmanager
def read_once(path: Path) -> Iterator[apsw.Connection]:
    """A consistent view of a read model that must be there, for a command that reads it once.

    Raises:
        StoreError: there is no read model, or it cannot be read.
    """
    with contextlib.closing(ReadModel(path)) as model, model.snapshot() as connection:
        if connection is None:
            raise StoreError(f"{path}: no such read model; `projections run` makes it")
        yield connection


class ReadModel:
    """Opens `demo_state.db` read-only, and opens it again when another file has taken its place.

    Serves one thread at a time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: apsw.Connection | None = None
        self._file: tuple[int, ...] | None = None

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[apsw.Connection | None]:
        """A consistent view for a batch of queries; None while there is no read model.

        Raises:
            StoreError: there is a file, but it cannot be read as a read model.
        """
        connection = self._current()
        if connection is None:
            yield None
            return
        try:
            connection.execute("BEGIN")
        except apsw.Error as error:
            self.close()
            raise StoreError(f"{self._path}: cannot be read ({error})") from error
        try:
            yield connection
        except DAMAGE as error:
            if str(error).startswith(OF_ANOTHER_VERSION):
                raise StoreError(
                    f"{self._path}: was written by another version of this program ({error});"
                    " `projections rebuild` makes it again from the log"
                ) from error
            raise StoreError(
                f"{self._path}: cannot be read ({error}); `projections doctor` says what is wrong with it"
            ) from error
        finally:
            # an error of the database may have ended the transaction already
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            close_reader(self._connection, self._path)
            self._connection = None

    def _current(self) -> apsw.Connection | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self.close()
            return None
        except OSError as error:
            self.close()
            raise StoreError(f"{self._path}: cannot be read ({error.strerror})") from error
        if self._connection is None or self._identity(status) != self._file:
            self.close()
            try:
                connection = open_reader(self._path)
            except StoreError as error:
                if not self._path.exists():
                    return None
                if isinstance(error.__cause__, apsw.NotADBError | apsw.CorruptError):
                    raise StoreError(
                        f"{error}; `projections rebuild` makes a new one from the log"
                    ) from error
                raise
            # the projections create the file first and its tables shortly after
            if (
                connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'projector_positions'").get
                is None
            ):
                connection.close()
                return None
            version = connection.pragma("user_version")
            if version != SCHEMA_VERSION:
                connection.close()
                raise StoreError(
                    f"{self._path}: read-model schema version {version}, this program knows {SCHEMA_VERSION};"
                    " `projections rebuild` makes a new one from the log"
                )
            self._connection = connection
            self._file = self._identity(status)
        return self._connection

    def _identity(self, status: os.stat_result) -> tuple[int, ...]:
        """What tells the open file from another; for an immutable one also from itself before a change."""
        file = (status.st_dev, status.st_ino)
        if self._connection is None or not is_immutable(self._connection):
            return file
        return *file, status.st_mtime_ns, status.st_size, wal_bytes(self._path)
