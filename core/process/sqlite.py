"""How both databases are opened: version of the SQLite library, pragmas, and texts of errors.

All of Hamlet uses apsw: Python's own `sqlite3` may be linked against a SQLite library with the WAL-reset bug
(3.7.0 to 3.51.2), which can lose commits when several connections are open.
"""

import os
from pathlib import Path
from urllib.parse import quote

import apsw

from core.errors import StoreError
from core.process.whole_file import wal_bytes

__all__ = [
    "BUSY_TIMEOUT_MS",
    "JOURNAL_SIZE_LIMIT",
    "inode",
    "is_immutable",
    "is_unwritable",
    "open_reader",
    "open_writer",
    "require_no_directory",
    "require_safe_library",
    "why",
]

SAFE_VERSION = (3, 51, 3)
BUSY_TIMEOUT_MS = 10_000
JOURNAL_SIZE_LIMIT = 16 * 1024 * 1024
UNWRITABLE = frozenset(
    (
        apsw.SQLITE_IOERR_WRITE,
        apsw.SQLITE_IOERR_FSYNC,
        apsw.SQLITE_IOERR_TRUNCATE,
        apsw.SQLITE_IOERR_SHMOPEN,
        apsw.SQLITE_IOERR_SHMSIZE,
    )
)


def require_safe_library(version: str) -> None:
    """Refuse a SQLite library older than the first safe one.

    Raises:
        StoreError: `version` (as `apsw.sqlite_lib_version()` gives it) is unsafe or unreadable.
    """
    parts = version.split(".")[:3]
    found = tuple(int(part) for part in parts if part.isdecimal())
    if len(found) < len(parts) or found < SAFE_VERSION:
        safe = ".".join(map(str, SAFE_VERSION))
        raise StoreError(
            f"SQLite {version} can lose commits in WAL mode; install apsw with SQLite {safe} or later"
        )


def open_writer(path: Path, synchronous: str) -> apsw.Connection:
    """Open or create `path` for its one writing process, in WAL mode, `synchronous` FULL or NORMAL.

    Raises:
        StoreError: not a database, damaged, or not writable.
    """
    require_safe_library(apsw.sqlite_lib_version())
    require_no_directory(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = apsw.Connection(str(path))
        # First the timeout: switching to WAL takes a lock that another connection may hold for a moment.
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        mode = connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", synchronous)
        connection.pragma("journal_size_limit", JOURNAL_SIZE_LIMIT)
    except (apsw.Error, OSError) as error:
        raise StoreError(f"{path}: cannot be opened for writing ({why(error)})") from error
    if mode != "wal":
        connection.close()
        raise StoreError(
            f"{path}: its file system has no shared memory for SQLite's WAL mode; choose a local disk"
        )
    return connection


def require_no_directory(path: Path) -> None:
    """Refuse a directory where SQLite would say "disk I/O error".

    Raises:
        StoreError: `path` is a directory.
    """
    if path.is_dir():
        raise StoreError(f"{path}: a directory; a database is expected here")


def open_reader(path: Path, missing: str = "no such database") -> apsw.Connection:
    """Open an existing database read-only; statements that write are refused.

    In WAL mode, readers and the writer share memory in a `-shm` file, which the first of them creates. Where
    it cannot be created (another user's folder, a disk that is read-only or full) and no `-wal` holds
    anything, the file is complete and nobody writes to it: then it is opened as immutable, which needs no
    shared memory (sqlite.org/wal.html, "Read-Only Databases"). See `is_immutable`.

    `missing` is what the error says of a file that is not there.

    Raises:
        StoreError: missing, not a database, or not readable.
    """
    require_safe_library(apsw.sqlite_lib_version())
    if not path.exists():
        raise StoreError(f"{path}: {missing}")
    require_no_directory(path)
    if not os.access(path, os.R_OK):
        raise StoreError(f"{path}: cannot be read (permission denied)")
    try:
        return _open_read_only(str(path), apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        no_shared_memory = isinstance(error, apsw.CantOpenError | apsw.ReadOnlyError) or is_unwritable(error)
        if no_shared_memory and wal_bytes(path):
            raise StoreError(
                f"{path}: cannot be read, since its -wal holds a part of it, and its directory cannot be"
                " written; copy the directory to a writable place"
            ) from error
        if not no_shared_memory:
            raise StoreError(f"{path}: cannot be read ({why(error)})") from error
    try:
        address = f"file:{quote(str(path.absolute()))}?immutable=1"
        return _open_read_only(address, apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    except apsw.Error as error:
        raise StoreError(f"{path}: cannot be read ({why(error)})") from error


def _open_read_only(address: str, flags: int) -> apsw.Connection:
    connection = apsw.Connection(address, flags=flags)
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        connection.pragma("query_only", True)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except apsw.Error:
        connection.close()
        raise
    return connection


def is_immutable(connection: apsw.Connection) -> bool:
    """Whether a reader was opened as immutable: it sees no later change of its file."""
    return bool(connection.open_flags & apsw.SQLITE_OPEN_URI)


def is_unwritable(error: BaseException) -> bool:
    """Whether an error, or its cause, is a full disk or a disk that fails at writing, which may pass."""
    if isinstance(error, apsw.FullError):
        return True
    # apsw gives its exceptions this attribute; its type stubs lack it.
    if isinstance(error, apsw.IOError) and getattr(error, "extendedresult", None) in UNWRITABLE:
        return True
    return error.__cause__ is not None and is_unwritable(error.__cause__)


def why(error: Exception) -> str:
    """The reason of an error in words; SQLite itself does not always name a full disk."""
    if isinstance(error.__cause__, Exception):
        return why(error.__cause__)
    if isinstance(error, apsw.FullError):
        return "the disk is full"
    return "the disk is full, or fails at writing" if is_unwritable(error) else str(error)


def inode(path: Path) -> tuple[int, int] | None:
    """Device and inode: which file stands at a path. None when there is no file."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino
