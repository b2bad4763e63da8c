"""Synthetic events that the tests of the projections share; see `tests.support.read_models` for the kit."""

from pathlib import Path

import pytest

from tests.support.logs import TimedEvent, without_crashes, write_log
from tests.support.read_models import ReadModelKit
from tests.support.synthetic import Scenario, generate_events


@pytest.fixture(scope="session")
def events_with_crashes() -> list[TimedEvent]:
    """A run of 400 episodes with five crashes."""
    return list(
        generate_events(
            Scenario(
                episodes=400, resumes=5, seed=7, checkpoint_every=20, heartbeat_every=5, episodes_per_pool=20
            )
        )
    )


@pytest.fixture(scope="session")
def events_without_crashes(events_with_crashes: list[TimedEvent]) -> list[TimedEvent]:
    """The same run as if it had never crashed."""
    return without_crashes(events_with_crashes)


@pytest.fixture
def kit(tmp_path: Path) -> ReadModelKit:
    return ReadModelKit(tmp_path)


@pytest.fixture
def run_dir(tmp_path: Path, events_with_crashes: list[TimedEvent]) -> Path:
    """A run directory with the log of `events_with_crashes` and nothing else."""
    write_log(tmp_path / "events.db", events_with_crashes)
    return tmp_path
