"""For the producer's tests: a small town, and runs of the trainer in the test process."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from core.config import load_config
from core.config_schema import RunConfig
from core.process.signals import Stop
from core.run_directory import in_folder
from producer.environment.town import Town
from producer.run.console import Console
from producer.run.run import run


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Bit-for-bit comparisons hold for one number of threads."""
    torch.set_num_threads(1)


@pytest.fixture
def town() -> Town:
    """Eight agents in the default town."""
    config = load_config(Path(__file__).parents[2] / "configs" / "townlet" / "sparse_adaptive.yaml")
    return Town(config.world, config.curriculum.stages, 8, 60, seed=0)


class StopAfter(Stop):
    """Asked to end after so many rollouts; counts how often the trainer looked, which is once each."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    @property
    def requested(self) -> bool:
        self._looks -= 1
        if self._looks < 0:
            self.signal_name = "SIGTERM"
        return super().requested


@pytest.fixture
def stop_after() -> Callable[[int], Stop]:
    return StopAfter


@pytest.fixture
def train() -> Callable[..., None]:
    """Train in a folder: `train(folder, config, stop=None, accept_config_change=False)`."""

    def call(
        folder: Path, config: RunConfig, stop: Stop | None = None, accept_config_change: bool = False
    ) -> None:
        console = Console(config.training.num_episodes, len(config.curriculum.stages), 10)
        run(config, in_folder(folder), console, stop or Stop(), accept_config_change)

    return call
