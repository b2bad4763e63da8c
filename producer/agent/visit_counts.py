"""Intrinsic reward by counting: a cell is novel as long as it was seldom observed with what stands there.

The novelty of a state is 1/√(n + 1), where n counts how often its cell was observed together with the
affordance in it; the meters do not count. So the cell of a moved bed is novel again, as with
`producer.agent.rnd`, which learns novelty where states are too many to count.

Source: the bonus of MBIE-EB (Strehl & Littman 2008), β/√n.
"""

from typing import Any

import torch
from torch import Tensor

from core.config_schema import Exploration
from producer.agent.intrinsic_scale import IntrinsicScale
from producer.environment.town import Observation, Town, TownStep

__all__ = ["VisitCounts"]


class VisitCounts:
    """How often each pair of cell and affordance was observed, and the scale of the reward."""

    def __init__(self, settings: Exploration, gamma: float, town: Town, scale: float = 1.0) -> None:
        """`gamma` discounts the intrinsic return; `scale` multiplies `settings.intrinsic_scale`."""
        self._num_kinds = town.num_affordances + 1
        self._counts = torch.zeros(town.num_cells * self._num_kinds, device=town.device)
        self._scale = IntrinsicScale(
            settings.intrinsic_scale * scale, settings.intrinsic_clip, gamma, town.num_agents, town.device
        )

    def measure(self, observation: Observation) -> Tensor:
        """The novelty 1/√(n + 1) of observations `[B]`, from 0 to 1."""
        return (self._counts[self._pair(observation)] + 1.0).rsqrt_()

    def reward(self, observation: Observation) -> Tensor:
        """Normalised intrinsic reward `[B]`, not yet multiplied by the intrinsic weight."""
        return self._scale.reward(self.measure(observation))

    def observe(self, step: TownStep) -> Tensor:
        """The intrinsic rewards `[K, N]` of a rollout's next observations; counts these observations."""
        novelty = self.measure(step.next_observation)
        self._scale.update(novelty, step.done)
        pair = self._pair(step.next_observation).flatten()
        self._counts.index_add_(0, pair, torch.ones_like(pair, dtype=self._counts.dtype))
        return self._scale.reward(novelty)

    def checksum(self) -> Tensor:
        """The sum of everything learnt `[]`: NaN or Inf if any of it is."""
        return self._counts.sum()

    def _pair(self, observation: Observation) -> Tensor:
        return torch.add(observation.affordance_here, observation.cell, alpha=self._num_kinds)

    def state_dict(self) -> dict[str, Any]:
        """The counts and the running statistics."""
        return {"counts": self._counts, **self._scale.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._counts.copy_(state["counts"])
        self._scale.load_state_dict(state)
