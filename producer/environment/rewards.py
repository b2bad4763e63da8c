"""The reward terms that stand beside death and needs: money, and an expression over the meters.

They depend on the meters before and after a step. A run without such terms computes neither.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

from core.config_schema import Rewards
from core.reward_expression import Arithmetic, parse_expression
from core.world import World

__all__ = ["NUMBERS", "TENSORS", "ExtraReward", "extra_reward"]


def _minimum(first: Any, second: Any) -> Any:
    """The lesser of two tensors, or of a tensor and a number, or of two numbers."""
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return torch.minimum(first, second)
    if isinstance(first, Tensor):
        return first.clamp(max=second)
    return second.clamp(max=first) if isinstance(second, Tensor) else min(first, second)


def _maximum(first: Any, second: Any) -> Any:
    return -_minimum(-first, -second)


def _as_number(comparison: Any) -> Any:
    return comparison.float() if isinstance(comparison, Tensor) else float(comparison)


NUMBERS = Arithmetic(min, max, float)
TENSORS = Arithmetic(_minimum, _maximum, _as_number)

ExtraReward: TypeAlias = Callable[[Any, Any, Arithmetic], Any]
"""(level of each meter before, and after the step, kind of numbers) → the sum of the terms."""


def extra_reward(rewards: Rewards, world: World) -> ExtraReward | None:
    """The sum of the terms `money` and `expression`; None if there are none."""
    dollars = 0.0 if world.money_meter is None else rewards.money * world.dollars_when_full
    money = None if dollars == 0.0 else world.meter_names.index(str(world.money_meter))
    own = rewards.expression and parse_expression(rewards.expression, world.meter_names, "rewards.expression")
    if not own and money is None:
        return None

    def reward(before: Any, after: Any, arithmetic: Arithmetic) -> Any:
        total = own(before, after, arithmetic) if own else 0.0
        return total if money is None else total + dollars * (after[money] - before[money])

    return reward
