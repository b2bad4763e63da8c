"""Fixtures that every suite uses; functions are imported from `tests.support`."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.processes import REPOSITORY, Start, several, unused_port
from tests.support.training import write_small_config

# Examples may take as long as they take: a busy machine is no failure.
settings.register_profile("hamlet", deadline=None)
settings.register_profile("check", deadline=None, max_examples=20)
"""For `make check`: a fifth of the examples."""
settings.load_profile("hamlet")


@pytest.fixture(scope="session", autouse=True)
def _hangup_ends_processes() -> None:
    """Let SIGHUP reach the processes that tests start, even where the tests themselves run under `nohup`.

    An ignored signal stays ignored in a started process; one with a handler has its default action there.
    """
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that no process listens on."""
    return unused_port()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `producer`, `projections` or `server` with arguments; all are ended after the test.

    What the n-th process prints goes to `<tmp_path>/<command>-<n>.log`, which a failing assertion can quote.
    """
    with several(tmp_path) as start_one:
        yield start_one


@pytest.fixture
def small_config(tmp_path: Path) -> Path:
    """See `write_small_config`."""
    return write_small_config(tmp_path / "small.yaml")


SYSTEM_FIXTURES = frozenset(
    {"start", "serve", "serve_for_module", "shared_server", "synthetic_run", "browser", "browsers", "logged"}
    | {"wheel", "installed", "small_config", "supervisor", "disk", "free_port", "full_pack", "packed_run"}
)
"""A test that uses one of these starts processes or trains a run."""

SYSTEM_FOLDERS = frozenset({"browser", "faults", "packaging", "soak"})

SYSTEM_IMPORTS = frozenset(
    {"subprocess", "multiprocessing", "running", "train", "run_command", "run_successfully", "catch_up"}
    | {"train_with_policies"}
)
"""A test module that imports one of these names starts processes or trains runs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that `make check` leaves out."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        folder = item.path.relative_to(REPOSITORY / "tests").parts[0]
        names = set(vars(getattr(item, "module", object)))
        if fixtures & SYSTEM_FIXTURES or folder in SYSTEM_FOLDERS or names & SYSTEM_IMPORTS:
            item.add_marker("system")
