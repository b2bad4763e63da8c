"""A small town for the producer's tests."""

from pathlib import Path

import pytest
import torch

from core.config import load_config
from producer.town import Town


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Bit-for-bit comparisons hold for one number of threads."""
    torch.set_num_threads(1)


@pytest.fixture
def town() -> Town:
    """Eight agents in the default town."""
    config = load_config(Path(__file__).parents[2] / "configs" / "townlet" / "sparse_adaptive.yaml")
    return Town(config.world, config.curriculum.stages, 8, 60, seed=0)
