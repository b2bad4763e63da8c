"""What the sqlite3 shell prints."""

import sqlite3
import subprocess
from pathlib import Path

import pytest


def shell(database: Path, query: str) -> bytes:
    """What the real sqlite3 shell prints; of another version than Python's library it may round otherwise."""
    version = subprocess.run(["sqlite3", "--version"], capture_output=True, text=True, check=True).stdout
    if version.split()[0] != sqlite3.sqlite_version:
        pytest.skip(f"shell {version.split()[0]}, Python's library {sqlite3.sqlite_version}")
    return subprocess.run(
        ["sqlite3", "-readonly", "-csv", "-header", database, query],
        capture_output=True,
        timeout=120,
        check=True,
    ).stdout
