"""The read-model file as the engine uses it: the owner of each table, positions, and access control.

`demo_state.db` holds, besides the projectors' own tables, `projector_positions` (which follows from the
events alone) and `projector_heartbeats` (clock times, which do not). Nothing here knows any read model.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
import msgspec

from core.errors import StoreError
from core.process.sqlite import inode, open_writer
from projections.engine.projector import Projector

APPLICATION_ID = 0x48414D52  # "HAMR"
SCHEMA_VERSION = 2
ENGINE_TABLES = frozenset({"projector_positions", "projector_heartbeats"})

SCHEMA = """
-- `recorded_at` is when the event at `position` was recorded; `log_started_at` tells one log from another.
CREATE TABLE projector_positions (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    recorded_at REAL NOT NULL,
    log_started_at REAL,
    tables TEXT NOT NULL,
    poison TEXT,
    poison_position INTEGER,
    poison_event TEXT
) WITHOUT ROWID;
-- `caught_up_at`: when the projector last found nothing new in the log
CREATE TABLE projector_heartbeats (
    name TEXT PRIMARY KEY,
    committed_at REAL NOT NULL,
    caught_up_at REAL,
    rate REAL
) WITHOUT ROWID;
"""

READING = frozenset({apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_RECURSIVE})
WRITING = frozenset({apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE})
IMPURE_FUNCTIONS = frozenset(
    (
        *("random", "randomblob", "changes", "last_insert_rowid", "load_extension"),
        *("date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff"),
        *("current_date", "current_time", "current_timestamp"),
    )
)


class ProjectorState(msgspec.Struct, frozen=True):
    """How far one projector is; `poison` says why it stopped at `poison_position`, if it did."""

    version: int
    position: int
    recorded_at: float
    log_started_at: float | None
    tables: tuple[str, ...]
    poison: str | None = None
    poison_position: int | None = None
    poison_event: str | None = None


class OutdatedError(StoreError):
    """The read-model file was made by an older version of this program; a rebuild replaces the file."""


class Guard:
    """The connection's authorizer: while a projector acts, only its own tables, and nothing impure."""

    def __init__(self) -> None:
        self._allowed: frozenset[str] | None = None

    @contextlib.contextmanager
    def only(self, tables: Sequence[str]) -> Iterator[None]:
        """Restrict the connection to reading and writing `tables` for the length of a `with` block."""
        self._allowed = frozenset(tables)
        try:
            yield
        finally:
            self._allowed = None

    def __call__(
        self, action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None
    ) -> int:
        if self._allowed is None or action == apsw.SQLITE_SELECT:
            return apsw.SQLITE_OK
        if action == apsw.SQLITE_FUNCTION:
            return apsw.SQLITE_DENY if (second or "").lower() in IMPURE_FUNCTIONS else apsw.SQLITE_OK
        permitted = action in READING or action in WRITING
        return apsw.SQLITE_OK if permitted and (first or "") in self._allowed else apsw.SQLITE_DENY


class Store:
    """An open read-model file."""

    def __init__(self, path: Path, scratch: bool = False) -> None:
        """Open or create it; a `scratch` file, thrown away on failure, trades durability for speed.

        Raises:
            StoreError: not a read model of Hamlet, damaged, or not writable.
        """
        self.path = path
        try:
            self.connection = open_writer(path, synchronous="OFF" if scratch else "NORMAL")
        except StoreError as error:
            if isinstance(error.__cause__, apsw.NotADBError | apsw.CorruptError):
                raise StoreError(f"{error}; `projections rebuild` makes a new one from the log") from error
            raise
        try:
            if scratch:
                self.connection.pragma("journal_mode", "off")
                self.connection.pragma("cache_size", -65_536)
            if self.connection.pragma("user_version") == 0 and self._is_empty():
                with writing(self.connection):
                    self.connection.execute(SCHEMA)
                    self.connection.pragma("application_id", APPLICATION_ID)
                    self.connection.pragma("user_version", SCHEMA_VERSION)
            known = self.connection.pragma("application_id") == APPLICATION_ID
            version = self.connection.pragma("user_version")
            self.inode = inode(path)
        except apsw.Error as error:
            raise StoreError(f"{path}: damaged ({error}); run `projections rebuild`") from error
        if not known:
            raise StoreError(
                f"{path}: not a read model of Hamlet; move it away, or replace it with `projections rebuild`"
            )
        if version != SCHEMA_VERSION:
            raise (OutdatedError if version < SCHEMA_VERSION else StoreError)(
                f"{path}: read-model schema version {version}, this program knows {SCHEMA_VERSION};"
                " `projections rebuild` makes a new one from the log"
            )
        self.guard = Guard()
        self.connection.set_authorizer(self.guard)

    def _is_empty(self) -> bool:
        return not self.connection.execute("SELECT count(*) FROM sqlite_schema").get

    def replaced(self) -> bool:
        """Whether the path no longer leads to the file that is open here."""
        return inode(self.path) != self.inode

    def states(self) -> dict[str, ProjectorState]:
        """How far each projector in the file is."""
        rows = self.connection.execute(
            "SELECT name, version, position, recorded_at, log_started_at, tables,"
            " poison, poison_position, poison_event FROM projector_positions"
        )
        return {
            name: ProjectorState(version, position, at, started, tuple(tables.split()), *poison)
            for name, version, position, at, started, tables, *poison in rows
        }

    def add_projector(self, projector: type[Projector]) -> None:
        """Create a projector's tables, empty, at position 0."""
        self.connection.execute(projector.ddl)
        self.connection.execute(
            "INSERT INTO projector_positions (name, version, position, recorded_at, tables)"
            " VALUES (?, ?, 0, 0.0, ?)",
            (projector.name, projector.version, " ".join(projector.tables_owned)),
        )

    def drop_projector(self, name: str) -> None:
        """Remove a projector with its tables, as it named them when it was added."""
        for table in self.states()[name].tables:
            self.connection.execute(f'DROP TABLE IF EXISTS "{table}"')
        self.connection.execute("DELETE FROM projector_positions WHERE name = ?", (name,))
        self.connection.execute("DELETE FROM projector_heartbeats WHERE name = ?", (name,))

    def skip(self, position: int) -> list[str]:
        """Let every projector that an event at `position` stopped go on behind it; give their names."""
        stopped = [name for name, state in self.states().items() if state.poison_position == position]
        with writing(self.connection):
            for name in stopped:
                self.connection.execute(
                    "UPDATE projector_positions SET position = ?, poison = NULL, poison_position = NULL,"
                    " poison_event = NULL WHERE name = ?",
                    (position, name),
                )
        return stopped

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


@contextlib.contextmanager
def writing(connection: apsw.Connection) -> Iterator[None]:
    """One write transaction: all of the block, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
