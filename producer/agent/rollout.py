"""A rollout: a few vector steps in a row, the unit in which the trainer remembers, learns and tells.

One look at the host, the clock or the disk then serves several steps. A rollout ends in the memory it began
in (`Town.commit_state`), so that it can be captured as a CUDA graph. What is done with it is
`producer.training.trainer`'s business.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from producer.environment.town import Observation, Town, TownStep

__all__ = ["Rollout", "roll_out", "stacked"]


class Rollout(NamedTuple):
    """K vector steps of N agents, in order: every column is `[K, N, …]`."""

    observation: Observation
    """What was seen before each step."""
    action: Tensor
    """int64"""
    step: TownStep
    """What each step did."""

    @property
    def num_steps(self) -> int:
        """K."""
        return len(self.action)


def roll_out(town: Town, policy: Callable[[Observation], Tensor], steps: int) -> Rollout:
    """Act `steps` times; `policy` chooses actions `[N]` int64."""
    seen, done, came = [], [], []
    for _ in range(steps):
        observation = town.observation()
        action = policy(observation)
        seen.append(observation)
        done.append(action)
        came.append(town.step(action))
    rollout = stacked(seen, done, came)
    town.commit_state()
    return rollout


def stacked(seen: list[Observation], done: list[Tensor], came: list[TownStep]) -> Rollout:
    """One rollout of single vector steps."""
    return Rollout(
        Observation(*map(torch.stack, zip(*seen, strict=True))),
        torch.stack(done),
        TownStep(*map(torch.stack, zip(*came, strict=True))),
    )
