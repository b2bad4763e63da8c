"""The baseline: how long a policy that draws every action uniformly survives in each stage of a run."""

import numpy as np
import torch

from core.config_schema import RunConfig
from core.events import BaselineMeasured, StageBaseline
from producer.environment.rules import ACTIONS
from producer.environment.town import Town
from producer.run.config_changes import Changes
from producer.run.evaluate import bootstrap_interval

__all__ = ["baseline_changed", "baseline_measured"]

EPISODES = 256
"""Episodes per stage; a power of two, so that every one has an initial state of its own."""

STREAM = 1
"""Which sequence of random numbers, among those that follow from the run's seed, is the baseline's."""

DECIDES = ("world.", "curriculum.", "training.max_steps_per_episode")
"""What of a configuration the baseline depends on, by the beginning of a key's full name."""


def baseline_measured(config: RunConfig, episodes: int = EPISODES) -> BaselineMeasured:
    """Play `episodes` random episodes, a power of two, in every stage.

    The same configuration gives the same result. The random numbers are drawn from generators made here: no
    other generator draws a number.
    """
    seed = int(np.random.SeedSequence([config.experiment.seed, STREAM]).generate_state(1)[0])
    generator = torch.Generator().manual_seed(seed)
    stages = [
        _measure(config, stage, episodes, seed, generator)
        for stage in range(1, len(config.curriculum.stages) + 1)
    ]
    return BaselineMeasured(policy="random", episodes=episodes, stages=tuple(stages))


def baseline_changed(changes: Changes) -> bool:
    """Whether a configuration with these changes needs another measurement."""
    return any(key.startswith(DECIDES) for key in changes)


def _measure(
    config: RunConfig, stage: int, episodes: int, seed: int, generator: torch.Generator
) -> StageBaseline:
    """Survival of one episode of each of `episodes` agents in `stage`."""
    stages, limit = config.curriculum.stages, config.training.max_steps_per_episode
    town = Town(config.world, stages, episodes, limit, seed, pool_size=episodes)
    town.set_stage(stage)
    town.reset()
    survival = torch.zeros(episodes, dtype=torch.int64)
    while not bool(survival.all()):
        actions = torch.randint(len(ACTIONS), (episodes,), generator=generator)
        step = town.step(actions)
        survival = torch.where(step.done & (survival == 0), step.episode_length, survival)
    low, high = bootstrap_interval(survival.numpy(), seed)
    return StageBaseline(stage=stage, mean_survival=float(survival.double().mean()), low=low, high=high)
