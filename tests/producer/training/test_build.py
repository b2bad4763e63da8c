"""A trainer too large for the machine is refused in a sentence."""

from typing import Any

import pytest

from core.config import load_config
from core.errors import ConfigError
from producer.training.build import build_trainer
from tests.support.training import DEFAULT_CONFIG, CollectedEvents


@pytest.mark.parametrize(
    "overrides",
    [
        {"population.hidden": 10**11},
        {"population.hidden": 10**15},
        {"population.replay_buffer_capacity": 10**12},
        {"exploration.rnd_hidden": 10**15},
    ],
)
def test_what_does_not_fit_into_the_memory_is_refused(overrides: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"do not fit into the memory; choose a smaller population\.hidden"):
        build_trainer(load_config(DEFAULT_CONFIG, overrides), CollectedEvents())
