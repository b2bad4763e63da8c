"""Findings of the doctor: ok, warning or problem, with the figure behind the finding and what to do."""

from pathlib import Path
from typing import Literal

import apsw
import msgspec

from core.process.whole_file import wal_bytes

MEGABYTE = 1_000_000
WAL_WARNING = 64 * MEGABYTE


class Finding(msgspec.Struct, frozen=True):
    """`subject` was checked and `said` was found; `advice` is empty where there is nothing to do."""

    level: Literal["ok", "warning", "problem"]
    subject: str
    said: str
    advice: str = ""


def ok(subject: str, said: str) -> Finding:
    """Nothing to do."""
    return Finding("ok", subject, said)


def warning(subject: str, said: str, advice: str) -> Finding:
    """Nothing is broken, but a person should check it."""
    return Finding("warning", subject, said, advice)


def problem(subject: str, said: str, advice: str) -> Finding:
    """Something is broken."""
    return Finding("problem", subject, said, advice)


def wal_size(subject: str, database: Path) -> Finding:
    """A WAL grows while a reader holds an old snapshot; it should stay small.

    It is there while a process has the database open, and after a process was killed.
    """
    size = wal_bytes(database)
    said = f"{size / MEGABYTE:.1f} MB"
    if size > WAL_WARNING:
        return warning(
            subject,
            f"{said}, more than {WAL_WARNING // MEGABYTE} MB",
            f"a reader holds an old snapshot open: find it with `fuser {database}` and end it",
        )
    if size:
        return ok(subject, f"{said}; a copy of {database.name} alone lacks it, `projections backup` has it")
    return ok(subject, f"empty: {database.name} is complete")


def integrity(subject: str, connection: apsw.Connection, quick: bool, advice: str) -> Finding:
    """SQLite's own check of the pages; `quick` leaves out the comparison of indexes with their tables."""
    check = "quick_check" if quick else "integrity_check"
    try:
        found = [str(row[0]) for row in connection.execute(f"PRAGMA {check}(3)")]
    except apsw.Error as error:
        found = [str(error)]
    if found == ["ok"]:
        return ok(subject, f"{check} passed")
    return problem(subject, f"damaged: {'; '.join(found)}", advice)
