"""One database, one file: what stands in SQLite's `-wal` beside a database is moved into the database.

SQLite does that by itself only when the last process that closes a database may write to it. Here readers and
the writer end in any order, so each process merges the `-wal` of the databases that it used when it ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

__all__ = ["close_reader", "kept_whole", "merge_wal", "wal_bytes"]

MAGIC = b"SQLite format 3\0"
"""The first bytes of every database (sqlite.org/fileformat.html, section 1.3.1)."""

TIMEOUT_MS = 2_000
"""How long other processes' short reads are waited for."""


def merge_wal(path: Path) -> bool:
    """Move the `-wal` of a database into the database; return whether the database file is complete now.

    The `-wal` file goes when no other process has the database open. A file that cannot be written, is no
    database or is being read at length stays as it is: nothing is lost by a `-wal` that stays.
    """
    if not _is_database(path):
        # SQLite deletes the `-wal` beside an empty file: what it holds may be all that is left
        return False
    if not _wal(path).exists():
        return True
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.Error:
        return False
    try:
        connection.set_busy_timeout(TIMEOUT_MS)
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
    except apsw.Error:
        return False
    finally:
        connection.close()
    return not busy


def close_reader(connection: apsw.Connection, path: Path) -> None:
    """Close a read-only connection to `path`; remove the empty `-wal` that reading alone leaves behind."""
    connection.close()
    if _wal(path).exists() and not wal_bytes(path):
        merge_wal(path)


@contextmanager
def kept_whole(*paths: Path) -> Iterator[None]:
    """Merge the `-wal` of each database at the end of the block, however the block ends."""
    try:
        yield
    finally:
        for path in paths:
            merge_wal(path)


def wal_bytes(path: Path) -> int:
    """Bytes in the `-wal` of a database; above 0, a copy of the database file alone may lack rows."""
    try:
        return _wal(path).stat().st_size
    except OSError:
        return 0


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _wal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")
