"""Building a trainer, and the sentence for one that is too large for the machine."""

import re

from core.config_schema import RunConfig
from core.errors import ConfigError
from producer.training.trainer import Recorder, Trainer

__all__ = ["build_trainer"]

TOO_LARGE = re.compile("allocate|out of memory|overflow")
"""What torch says in a `RuntimeError` when a tensor is too large."""


def build_trainer(config: RunConfig, recorder: Recorder) -> Trainer:
    """The trainer with its networks and its replay buffer.

    Raises:
        ConfigError: the networks and the buffer do not fit into the memory of this machine.
    """
    try:
        return Trainer(config, recorder)
    except (MemoryError, OverflowError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not TOO_LARGE.search(str(error)):
            raise
        raise ConfigError(
            "the networks and the replay buffer do not fit into the memory; choose a smaller"
            " population.hidden, exploration.rnd_hidden, population.replay_buffer_capacity or"
            " population.num_agents"
        ) from error
