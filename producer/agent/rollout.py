"""A rollout: K vector steps in a row, after which the trainer stores, learns and records.

The host, the clock and the disk are asked once a rollout, not once a step. When a rollout ends, the town's
state is back in the memory where it began (`Town.commit_state`), so that a CUDA graph can capture a rollout.
What is done with a rollout is in `producer.training.trainer`.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from producer.environment.town import Observation, Town, TownStep

__all__ = ["Rollout", "roll_out", "stacked"]


class Rollout(NamedTuple):
    """K vector steps of N agents, in order; every column is `[K, N, …]`."""

    observation: Observation
    """What the agents observed before each step."""
    action: Tensor
    """int64"""
    step: TownStep
    """The result of each step."""

    @property
    def num_steps(self) -> int:
        """K."""
        return len(self.action)


def roll_out(town: Town, policy: Callable[[Observation], Tensor], steps: int) -> Rollout:
    """Make `steps` vector steps; `policy` chooses actions `[N]` int64."""
    observations, actions, results = [], [], []
    for _ in range(steps):
        observation = town.observation()
        action = policy(observation)
        observations.append(observation)
        actions.append(action)
        results.append(town.step(action))
    rollout = stacked(observations, actions, results)
    town.commit_state()
    return rollout


def stacked(observations: list[Observation], actions: list[Tensor], results: list[TownStep]) -> Rollout:
    """One rollout from K single vector steps."""
    return Rollout(
        Observation(*map(torch.stack, zip(*observations, strict=True))),
        torch.stack(actions),
        TownStep(*map(torch.stack, zip(*results, strict=True))),
    )
