"""Novelty by random network distillation: what the predictor cannot yet tell of a fixed random network.

The intrinsic reward of a state is its prediction error, divided by the running standard deviation of the
discounted intrinsic return, clipped and scaled. The observation holds the affordance underfoot, so a moved
bed is novel again. Source: RND (Burda et al. 2018), sections 2.2 to 2.4; our inputs are in [0, 1] and need no
normalisation.
"""

from typing import Any

import torch
from torch import Tensor

from core.config_schema import Exploration
from producer.agent.network import Adam, Network
from producer.environment.town import Observation, Town, TownStep

RETURN_MEMORY = 0.999
"""Per vector step: the running variance of the discounted return looks back about a thousand steps."""


class Novelty:
    """Target, predictor, its optimiser, and the running statistics of the intrinsic return."""

    def __init__(self, settings: Exploration, gamma: float, town: Town, seed: int) -> None:
        self.settings = settings
        self.device = town.device
        self._gamma = gamma
        shape = (town.num_cells, town.num_meters, town.num_affordances)
        sizes = [settings.rnd_hidden, settings.embed_dim]
        generator = torch.Generator().manual_seed(seed)
        self._target = Network(*shape, sizes, generator, self.device)
        self.predictor = Network(*shape, sizes, generator, self.device)
        self._adam = Adam(self.predictor.flat, settings.rnd_learning_rate)
        self._returns = torch.zeros(town.num_agents, device=self.device)
        # Running mean and mean square of the discounted return, and its spread.
        self._moments = torch.zeros(2, device=self.device)
        self._spread = torch.ones((), device=self.device)
        self._count = torch.zeros((), device=self.device)

    def error(self, observation: Observation) -> Tensor:
        """Mean squared prediction error `[B]`, unitless."""
        inputs = self.predictor.look_up(observation)
        return (self.predictor.forward(inputs) - self._target.forward(inputs)).square_().mean(1)

    def reward(self, observation: Observation) -> Tensor:
        """Normalised intrinsic reward `[B]`, unweighted."""
        return self._normalised(self.error(observation))

    def observe(self, step: TownStep) -> Tensor:
        """See what a rollout `[K, N]` led to: returns its rewards `[K, N]`, trains the predictor once."""
        inputs = self.predictor.look_up(
            Observation(*(column.flatten(0, 1) for column in step.next_observation))
        )
        output, layers = self.predictor.forward_and_keep(inputs)
        gap = output - self._target.forward(inputs)
        error = gap.square().mean(1).view_as(step.reward)
        self._follow(error, step.done)
        reward = self._normalised(error)
        slope = gap.mul_(2.0 / gap.numel())
        self._adam.descend(self.predictor.backward(slope, inputs, layers))
        return reward

    def _follow(self, error: Tensor, ended: Tensor) -> None:
        """Go on with the discounted returns of every life, and with the spread of them all."""
        returns = torch.empty_like(error)
        for now, added, over in zip(returns, error, ended, strict=True):
            torch.add(added, self._returns, alpha=self._gamma, out=now)
            torch.mul(now, ~over, out=self._returns)
        steps = len(error)
        keep = (self._count / (self._count + steps)).clamp_(max=RETURN_MEMORY**steps)
        moments = torch.stack((returns.mean(), returns.square().mean()))
        self._moments.copy_(torch.lerp(moments, self._moments, keep))
        self._spread.copy_((self._moments[1] - self._moments[0].square()).clamp_(min=1e-12).sqrt_())
        self._count += steps

    def _normalised(self, error: Tensor) -> Tensor:
        clip = self.settings.intrinsic_clip
        return (error / self._spread).clamp_(max=clip).mul_(self.settings.intrinsic_scale)

    def state_dict(self) -> dict[str, Any]:
        """Both networks, optimiser, running statistics."""
        return {
            "target": self._target.flat,
            "predictor": self.predictor.flat,
            "adam": self._adam.state_dict(),
            "returns": self._returns,
            "moments": self._moments,
            "spread": self._spread,
            "count": self._count,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._target.flat.copy_(state["target"])
        self.predictor.flat.copy_(state["predictor"])
        self._adam.load_state_dict(state["adam"])
        self._returns.copy_(state["returns"])
        self._moments.copy_(state["moments"])
        self._spread.copy_(state["spread"])
        self._count.copy_(state["count"])
