"""Fixtures of the tests of the log: its path, a writer with a fixed clock, a reader."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.log import EventLog, LogReader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
def log(path: Path) -> Iterator[EventLog]:
    log = EventLog(path, clock=lambda: 1_790_000_000.5)
    yield log
    log.close()


@pytest.fixture
def reader(path: Path, log: EventLog) -> Iterator[LogReader]:
    reader = LogReader(path)
    yield reader
    reader.close()
