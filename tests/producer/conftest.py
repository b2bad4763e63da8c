"""For the producer's tests: one thread, and a small town."""

import pytest
import torch

from core.config import load_config
from producer.environment.town import Town
from tests.support.training import DEFAULT_CONFIG


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Bit-for-bit comparisons hold for one number of threads."""
    torch.set_num_threads(1)


@pytest.fixture
def town() -> Town:
    """Eight agents in the default town."""
    config = load_config(DEFAULT_CONFIG)
    return Town(config.world, config.curriculum.stages, 8, 60, seed=0)
