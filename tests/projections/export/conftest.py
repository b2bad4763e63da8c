"""A projected run for the tests of exports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from projections.engine.reader import ReadModel
from tests.support.logs import write_log
from tests.support.read_models import project_log

Timed = tuple[Any, float]


@pytest.fixture(scope="module")
def run_dir(
    tmp_path_factory: pytest.TempPathFactory,
    events_with_crashes: list[Timed],
) -> Path:
    """A run of 400 episodes with five crashes, projected."""
    folder = tmp_path_factory.mktemp("run")
    project_log(write_log(folder / "events.db", events_with_crashes), folder / "demo_state.db")
    return folder


@pytest.fixture
def connection(run_dir: Path) -> Iterator[apsw.Connection]:
    model = ReadModel(run_dir / "demo_state.db")
    with model.snapshot() as connection:
        assert connection is not None
        yield connection
    model.close()
