"""The digest chain of a log: every event's row carries a digest over itself and over the digest before it.

digest(n) = BLAKE2b, 16 bytes, over digest(n - 1), position, version, type and payload of event n. The digest
of the first event follows 16 zero bytes. A changed bit in a type, version, payload or digest breaks the chain
at that position. The digest of the newest event names the whole history, as a commit hash does. `recorded_at`
is not covered: the time of writing is no part of what happened, so a repeated run can prove to be the same.

Logs of schema 1 have no digests. Their rows stay as they are; the first event appended by this program
carries a digest that follows from all rows before it, computed once when the log is opened.

Source: hash chains of Haber & Stornetta 1991, section 5.1; BLAKE2 (RFC 7693).
"""

from hashlib import blake2b

import apsw
import msgspec

__all__ = ["START", "Broken", "digest", "first_broken", "has_digests", "head_digest", "stored_digests"]

DIGEST_BYTES = 16
START = bytes(DIGEST_BYTES)
"""What the digest of the first event follows."""
ROW = "position, CAST(type AS BLOB), version, CAST(payload AS BLOB)"


class Broken(msgspec.Struct, frozen=True):
    """The first events that are not what was written: one of the positions `first` to `last` was changed.

    Both are the same position, except in a log that began with schema 1: one digest covers all its old rows.
    """

    first: int
    last: int


def digest(previous: bytes, position: int, name: str | bytes, version: int, payload: str | bytes) -> bytes:
    """The digest of one event, `[16]` bytes; `name` and `payload` as text or as its UTF-8 bytes."""
    name = name.encode() if isinstance(name, str) else name
    payload = payload.encode() if isinstance(payload, str) else payload
    # fixed widths, and the name's length before the name: no two rows have the same bytes
    head = b"%s%d %d %d " % (previous, position, version, len(name))
    return blake2b(head + name + payload, digest_size=DIGEST_BYTES).digest()


def has_digests(connection: apsw.Connection) -> bool:
    """Whether the log's table has the column: logs of schema 1 do not."""
    query = "SELECT count(*) FROM pragma_table_info('events') WHERE name = 'digest'"
    return bool(connection.execute(query).get)


def head_digest(connection: apsw.Connection) -> tuple[int, bytes]:
    """Position and digest of the newest event, `(0, START)` of an empty log.

    Rows of schema 1 at the end of the log are digested here: one walk through the log.
    """
    stored = None
    if has_digests(connection):
        stored = connection.execute(
            "SELECT position, digest FROM events ORDER BY position DESC LIMIT 1"
        ).fetchone()
    if stored is not None and stored[1] is not None:
        position, previous = stored
        return position, previous
    position, previous = 0, START
    for position, name, version, payload in _rows(connection, ROW, 0):
        previous = digest(previous, position, name, version, payload)
    return position, previous


def stored_digests(connection: apsw.Connection, after: int, until: int) -> dict[int, str]:
    """Position → digest in hexadecimal of the events with `after < position <= until` that have one."""
    if not has_digests(connection):
        return {}
    return dict(
        connection.execute(
            "SELECT position, lower(hex(digest)) FROM events"
            " WHERE position > ? AND position <= ? AND digest IS NOT NULL",
            (after, until),
        )
    )


def first_broken(connection: apsw.Connection, after: int = 0, until: int = 2**63 - 1) -> Broken | None:
    """The first broken link among the events with `after < position <= until`, None where the chain holds.

    Every link is checked against the digest stored before it, so any part of a log can be checked alone.
    """
    if not has_digests(connection):
        return None
    previous, undigested = START, 0
    if after:
        stored = connection.execute("SELECT digest FROM events WHERE position = ?", (after,)).get
        # a part that begins among rows without digests begins at the log's first row
        after, previous = (0, START) if stored is None else (after, stored)
    begun = after > 0
    for position, name, version, payload, stored in _rows(connection, f"{ROW}, digest", after):
        previous = digest(previous, position, name, version, payload)
        if stored is None and not begun:
            undigested = position
        elif stored != previous:
            return Broken(1 if position == undigested + 1 else position, position)
        else:
            begun = True
            if position >= until:
                break
    return None


def _rows(connection: apsw.Connection, columns: str, after: int) -> apsw.Cursor:
    """Rows in order; text is read as bytes, since text that is no UTF-8 any more must not stop the check."""
    return connection.execute(f"SELECT {columns} FROM events WHERE position > ? ORDER BY position", (after,))
