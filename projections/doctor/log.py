"""The log: sound pages, guards that really refuse, no gap in the positions, every event readable."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec

from core.codec import decode
from core.digests import has_digests
from core.errors import StoreError
from core.events import AnyEvent, CellsVisited, EpisodeTraced
from core.log import LogReader
from core.log_file import NO_LOG
from core.packing import DamagedError, unpack_cells, unpack_indices, unpack_meters
from core.process.sqlite import open_reader
from core.process.whole_file import close_reader
from projections.doctor.findings import Finding, integrity, ok, problem, wal_size

PAGE = 2_000
SAMPLES = 20
RESTORE = "restore it with a copy that `projections backup` made, and keep this file"

# Tried on a copy of the schema in memory that holds one event; each must be refused. `{digest}` and `{value}`
# stand for the column that logs of schema 1 lack.
FORBIDDEN = {
    "UPDATE": "UPDATE events SET payload = '[]'",
    "DELETE": "DELETE FROM events",
    "INSERT OR REPLACE": "INSERT OR REPLACE INTO events"
    " (position, recorded_at, type, version, payload{digest}) VALUES (1, 0.0, 'x', 1, '[]'{value})",
    "a payload that is no JSON": "INSERT INTO events (recorded_at, type, version, payload{digest})"
    " VALUES (0.0, 'x', 1, '{{'{value})",
}
ACCEPTED = (
    "INSERT INTO events (recorded_at, type, version, payload{digest}) VALUES (0.0, 'x', 1, '{{}}'{value})"
)


def examine_log(path: Path, log: LogReader, quick: bool) -> Iterator[Finding]:
    """Check the log."""
    connection = open_reader(path, NO_LOG)
    try:
        yield (pages := integrity("log pages", connection, quick, RESTORE))
        if pages.level == "problem":
            return
        yield _journal_mode(connection)
        yield _guards(connection)
        yield _positions(connection)
    finally:
        close_reader(connection, path)
    yield _chain(log, quick)
    yield _events(log, quick)
    yield wal_size("log WAL", path)


def _journal_mode(connection: apsw.Connection) -> Finding:
    """A backup is one file, so it has no WAL; the trainer sets WAL whenever it opens a log."""
    mode = connection.pragma("journal_mode")
    if mode == "wal":
        return ok("log journal", "WAL")
    return ok("log journal", f"{mode}, as in a backup; `producer run` sets WAL when it opens the log")


def _guards(connection: apsw.Connection) -> Finding:
    """Guards are tried, not read: a trigger may be there and do nothing."""
    trial = apsw.Connection(":memory:")
    try:
        for (statement,) in connection.execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
            " ORDER BY type = 'trigger', rowid"
        ):
            trial.execute(statement)
        column = ("digest", "zeroblob(16)") if has_digests(connection) else ("", "")
        digest, value = (f", {text}" if text else "" for text in column)
        trial.execute(ACCEPTED.format(digest=digest, value=value))
        passed = [
            name
            for name, statement in FORBIDDEN.items()
            if not _refused(trial, statement.format(digest=digest, value=value))
        ]
    finally:
        trial.close()
    if not passed:
        return ok("log guards", f"{', '.join(FORBIDDEN)} are refused")
    return problem(
        "log guards",
        f"{', '.join(passed)} would be accepted: somebody removed a guard",
        "compare the events with a backup; its guards are the triggers in core/log_file.py: create them anew",
    )


def _refused(trial: apsw.Connection, statement: str) -> bool:
    trial.execute("SAVEPOINT trial")
    try:
        trial.execute(statement)
    except apsw.ConstraintError:
        return True
    finally:
        trial.execute("ROLLBACK TO trial")
        trial.execute("RELEASE trial")
    return False


def _positions(connection: apsw.Connection) -> Finding:
    row: tuple[Any, ...] = connection.execute(
        "SELECT count(*), coalesce(min(position), 1), coalesce(max(position), 0) FROM events"
    ).fetchall()[0]
    count, first, last = row
    if first == 1 and count == last:
        return ok("log positions", f"1 to {last}, none missing")
    return problem(
        "log positions",
        f"{last - count} of {last} are missing: events were taken out",
        RESTORE,
    )


def _chain(log: LogReader, quick: bool) -> Finding:
    """Check the digest of every event; `quick` checks some pages, evenly spread."""
    head = log.head()
    step = max(PAGE, head // SAMPLES) if quick else max(1, head)
    for after in range(0, head, step):
        broken = log.first_broken(after, after + PAGE if quick else head)
        if broken is None:
            continue
        at = f"position {broken.last}"
        where = at if broken.first == broken.last else f"positions {broken.first} to {broken.last}"
        return problem(
            "log digests",
            f"{where}: not what was written ({_described(log, broken.last)})",
            f"a backup with sound digests that reaches {at} mends it: {RESTORE}",
        )
    digest = log.head_digest().hex() if head else "none"
    return ok("log digests", f"{'some of ' if quick else ''}{head} checked; the newest is {digest}")


def _described(log: LogReader, position: int) -> str:
    (recorded,) = log.read(position - 1, 1, position)
    return f"{recorded.type!r} version {recorded.version}"


def _events(log: LogReader, quick: bool) -> Finding:
    """Decode every event; `quick` decodes some pages, evenly spread."""
    head = log.head()
    step = max(PAGE, head // SAMPLES) if quick else PAGE
    seen = 0
    try:
        for after in range(0, head, step):
            # positions have no gaps in a sound log, so pages by position are pages by number
            for recorded in log.read(after, PAGE, min(head, after + PAGE)):
                position = recorded.position
                _unpack(decode(recorded))
                seen += 1
    except StoreError as error:
        return problem("log events", str(error), RESTORE)
    except (msgspec.MsgspecError, LookupError, DamagedError) as error:
        return problem(
            "log events",
            f"position {position} ({recorded.type} version {recorded.version}) cannot be decoded: {error}",
            f"look at it; then `projections run --skip {position}` lets the read models go on behind it",
        )
    return ok("log events", f"{seen} of {head} decoded")


def _unpack(event: AnyEvent) -> None:
    """Packed data carries a checksum, which unpacking verifies."""
    if isinstance(event, CellsVisited):
        unpack_cells(event.path)
    elif isinstance(event, EpisodeTraced):
        unpack_indices(event.actions)
        unpack_meters(event.meters, 1)
