"""The file of the log: its table and triggers, how the file is created, and how a log is recognised.

Appending and reading are in `core.log`.
"""

from pathlib import Path

import apsw

from core.errors import StoreError
from core.log_header import APPLICATION_ID, SCHEMA_VERSION, schema_problem
from core.process.files import atomic_replace, remove_unfinished
from core.process.sqlite import open_writer, why

__all__ = ["MILESTONES", "NO_LOG", "add_digests", "create_if_missing", "require_log", "rescue"]

NO_LOG = "no such log; `producer run` makes it"
"""What is said of a file that should be a log and is not there."""

SCHEMA = """
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT CHECK (position > 0),
    recorded_at REAL NOT NULL,
    type TEXT NOT NULL,
    version INTEGER NOT NULL,
    payload TEXT NOT NULL CHECK (json_valid(payload)),
    digest BLOB NOT NULL CHECK (length(digest) = 16)
) STRICT;

-- The rare events, found without a walk through millions of episodes.
CREATE INDEX events_milestones ON events (type, position) WHERE {milestones};

CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only: UPDATE refused'); END;

CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only: DELETE refused'); END;

-- INSERT OR REPLACE would slip past the two above; the greatest position of all would be the last for ever.
-- A position left to SQLite reads -1 here.
CREATE TRIGGER events_refuse_chosen_position BEFORE INSERT ON events WHEN NEW.position <> -1
BEGIN SELECT RAISE(ABORT, 'events are append-only: the log gives positions, none may be chosen'); END;
"""

# The events of every episode; all others are milestones. SQLite uses a partial index only where the
# conditions of the index are, word for word, among the conditions of the query.
# Comparisons, because SQLite builds a table of a list of more than two names for every row it inserts: with
# `NOT IN` an append costs a tenth more.
OF_NEW_LOGS = (
    "type <> 'episode_finished' AND type <> 'cells_visited' AND type <> 'affordances_used'"
    " AND type <> 'episode_traced' AND type <> 'heartbeat'"
)
OF_OLD_LOGS = (
    "type NOT IN ('episode_finished', 'cells_visited', 'transitions_made', 'vitals_traced', 'heartbeat')"
)
MILESTONES = f"{OF_NEW_LOGS} AND {OF_OLD_LOGS}"
"""The condition of a query for milestones: it finds the index of a new log and that of an old log."""


def create_if_missing(path: Path) -> None:
    """Make an empty log under another name and rename it: no reader ever opens a log without its table.

    Raises:
        StoreError: the log cannot be created, or files of an earlier log are there.
    """
    wal = path.with_name(path.name + "-wal")
    try:
        if path.exists() and path.stat().st_size:
            return
        if wal.exists() and wal.stat().st_size:
            # SQLite would replay that WAL into the new file.
            raise StoreError(
                f"{path}: missing or empty, but {wal.name} beside it holds events;"
                " restore a backup, or move both away to begin a new log"
            )
        if path.exists():
            # No process of ours leaves an empty file, so something has emptied the log.
            raise StoreError(f"{path}: empty; restore a backup, or remove it to begin a new log")
        if rescued(path).exists():
            raise StoreError(
                f"{path}: missing, but {rescued(path).name} beside it was saved when it was lost;"
                f" rename that to {path.name}, or move it away to begin a new log"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_unfinished(path.parent, path.name)
        with atomic_replace(path) as unfinished:
            connection = open_writer(unfinished, synchronous="FULL")
            with connection:
                connection.execute(SCHEMA.format(milestones=OF_NEW_LOGS))
                connection.pragma("application_id", APPLICATION_ID)
                connection.pragma("user_version", SCHEMA_VERSION)
            connection.close()
    except (apsw.Error, OSError) as error:
        raise StoreError(f"{path}: the log cannot be created ({why(error)})") from error


def add_digests(connection: apsw.Connection) -> None:
    """Give a log of schema 1 the column of schema 2. Rows that are there keep NULL: no row is ever changed.

    Raises:
        apsw.Error: the file cannot be written; nothing was changed.
    """
    if connection.pragma("user_version") == SCHEMA_VERSION:
        return
    with connection:
        connection.execute("ALTER TABLE events ADD COLUMN digest BLOB CHECK (length(digest) = 16)")
        connection.pragma("user_version", SCHEMA_VERSION)


def rescued(path: Path) -> Path:
    """The name under which the events of a log are saved when its file is lost while it is open."""
    return path.with_name(f"{path.stem}.rescued{path.suffix}")


def rescue(connection: apsw.Connection, path: Path) -> Path:
    """Save a log that is open, but whose file is no longer at `path`; return the name of the copy.

    Raises:
        StoreError: the copy cannot be written.
    """
    target = rescued(path)
    try:
        with atomic_replace(target) as unfinished:
            copy = apsw.Connection(str(unfinished))
            with copy.backup("main", connection, "main") as backup:
                backup.step(-1)
            copy.close()
        if not path.exists():
            # The copy has this WAL's events. SQLite would replay them into the next file of this name.
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
    except (apsw.Error, OSError) as error:
        raise StoreError(f"it cannot be saved as {target} ({why(error)})") from error
    return target


def require_log(connection: apsw.Connection, path: Path) -> None:
    """Check that an open database is a log that this program can read.

    Raises:
        StoreError: the database is no such log, or it is damaged.
    """
    try:
        application_id, version = connection.pragma("application_id"), connection.pragma("user_version")
    except apsw.Error as error:
        raise StoreError(f"{path}: damaged ({error}); restore a backup") from error
    if problem := schema_problem(application_id, version, str(path)):
        raise StoreError(problem)
