"""A short run with superseded episodes, a move and policies, and its pack."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from projections.engine.reader import ReadModel
from tests.support.logs import write_log
from tests.support.processes import run_successfully
from tests.support.read_models import catch_up
from tests.support.synthetic import Scenario, generate_events

EPISODES = 240


@pytest.fixture(scope="session")
def packed_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory with 240 synthetic episodes."""
    run_dir = tmp_path_factory.mktemp("packed")
    scenario = Scenario(episodes=EPISODES, resumes=2, policy_hidden=(8,), checkpoint_every=40)
    write_log(run_dir / "events.db", list(generate_events(scenario)))
    catch_up(run_dir)
    return run_dir


@pytest.fixture(scope="session")
def full_pack(packed_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of that run with every recording."""
    out = tmp_path_factory.mktemp("pack") / "pack"
    run_successfully("projections", "pack", "--run-dir", packed_run, "--out", out, "--full")
    return out


@pytest.fixture
def connection(packed_run: Path) -> Iterator[apsw.Connection]:
    model = ReadModel(packed_run / "demo_state.db")
    with model.snapshot() as found:
        assert found is not None
        yield found
    model.close()
