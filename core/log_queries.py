"""The queries of the log: its newest position, its rare events, and rows by a condition."""

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import apsw

from core.codec import Recorded
from core.errors import StoreError
from core.events import Event, event_name
from core.log_file import MILESTONES
from core.upcasters import names_in_logs

__all__ = ["head", "milestones", "recorded", "unreadable"]


def head(connection: apsw.Connection, path: Path) -> int:
    """Position of the newest event, 0 when there is none.

    Raises:
        StoreError: the file is damaged or cannot be read.
    """
    try:
        return cast(int, connection.execute("SELECT coalesce(max(position), 0) FROM events").get)
    except apsw.Error as error:
        raise unreadable(path, error) from error


def milestones(connection: apsw.Connection, path: Path, event_types: Iterable[type[Event]]) -> list[Recorded]:
    """Every event of the given rare types, in order.

    Raises:
        StoreError: the file is damaged or cannot be read.
    """
    names = [name for event_type in event_types for name in names_in_logs(event_name(event_type))]
    marks = ", ".join("?" * len(names))
    try:
        return recorded(
            connection, f"WHERE {MILESTONES} AND type IN ({marks}) ORDER BY position", tuple(names)
        )
    except apsw.Error as error:
        raise unreadable(path, error) from error


def recorded(connection: apsw.Connection, condition: str, bindings: tuple[int | str, ...]) -> list[Recorded]:
    """The rows that meet a condition. Text that is not UTF-8 becomes text that `decode` refuses.

    Raises:
        apsw.Error: the file is damaged or cannot be read.
    """
    columns = "position, recorded_at, {0}, version, {1}"
    query = f"SELECT {columns} FROM events {condition}"
    try:
        return [Recorded(*row) for row in connection.execute(query.format("type", "payload"), bindings)]
    except UnicodeDecodeError:
        # For example after a flipped bit. \xNN is no JSON, so decoding that one event raises an error.
        rows = connection.execute(query.format("CAST(type AS BLOB)", "CAST(payload AS BLOB)"), bindings)
        return [
            Recorded(position, at, _legible(kind), version, _legible(payload))
            for position, at, kind, version, payload in rows
        ]


def _legible(text: bytes) -> str:
    return text.decode(errors="backslashreplace")


def unreadable(path: Path, error: apsw.Error, where: str = "") -> StoreError:
    """The error for a log that cannot be read."""
    return StoreError(f"{path}: cannot be read{where} ({error}); `projections doctor` says what is wrong")
