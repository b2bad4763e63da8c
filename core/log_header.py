"""What the first bytes of a log say: whether the file is a log, and of which schema. Nothing else is read.

Readers that never read the log (the server) can so say why a run has no read model.
"""

from pathlib import Path

__all__ = ["APPLICATION_ID", "READABLE_VERSIONS", "SCHEMA_VERSION", "header_problem"]

APPLICATION_ID = 0x48414D4C  # "HAML": `file events.db` and our own checks recognise a log by it
SCHEMA_VERSION = 2
READABLE_VERSIONS = (1, 2)
"""Schema 1 has no digests; `core.log_file.add_digests` makes schema 2 of it."""

HEADER_BYTES = 100
MAGIC = b"SQLite format 3\0"
USER_VERSION = slice(60, 64)
APPLICATION = slice(68, 72)
"""Places in the header of every SQLite database (sqlite.org/fileformat.html, section 1.3)."""


def header_problem(path: Path) -> str:
    """Why no program of this version can read the log at `path`; empty if its header is right.

    A file that is missing is no problem: a run that has not begun has no log.
    """
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path.name}: cannot be read ({error.strerror}); let the user of this process read it"
    if not header:
        return f"{path.name}: empty; restore a backup, or remove it to begin a new log"
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
        return f"{path.name}: damaged, or no database; restore a backup"
    return schema_problem(
        int.from_bytes(header[APPLICATION], "big"), int.from_bytes(header[USER_VERSION], "big"), path.name
    )


def schema_problem(application_id: int, version: int, name: str) -> str:
    """Why a database with these two numbers is no log that this program can read; empty if it is one."""
    if application_id != APPLICATION_ID:
        return f"{name}: not an event log of Hamlet; give the path of an events.db"
    if version not in READABLE_VERSIONS:
        return (
            f"{name}: log schema version {version}, this program knows {SCHEMA_VERSION};"
            " use the release that wrote it"
        )
    return ""
