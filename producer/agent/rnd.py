"""Intrinsic reward by random network distillation (RND): how badly a state can still be predicted.

A predictor network learns to reproduce a fixed random target network on the observed states. Its error is
large on states that were rarely observed. The intrinsic reward of a state is that error, divided by the
running standard deviation of the discounted intrinsic return, clipped and scaled. The observation contains
the affordance at the agent's cell, so the cell of a moved bed is novel again.

Source: RND (Burda et al. 2018), sections 2.2 to 2.4; our inputs lie in [0, 1] and need no normalisation.
"""

from typing import Any

import torch
from torch import Tensor

from core.config_schema import Exploration
from producer.agent.network import Adam, Network
from producer.environment.town import Observation, Town, TownStep

__all__ = ["Novelty"]

RETURN_MEMORY = 0.999
"""Per vector step: the running variance of the discounted return covers about the last thousand steps."""


class Novelty:
    """The target, the predictor, its optimiser, and the running statistics of the intrinsic return."""

    def __init__(self, settings: Exploration, gamma: float, town: Town, seed: int) -> None:
        """`gamma` discounts the intrinsic return; `seed` draws the weights of both networks."""
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
        # Running mean and mean square of the discounted return, and its standard deviation.
        self._moments = torch.zeros(2, device=self.device)
        self._std = torch.ones((), device=self.device)
        self._count = torch.zeros((), device=self.device)

    def error(self, observation: Observation) -> Tensor:
        """Mean squared prediction error `[B]`, unitless."""
        inputs = self.predictor.look_up(observation)
        return (self.predictor.forward(inputs) - self._target.forward(inputs)).square_().mean(1)

    def reward(self, observation: Observation) -> Tensor:
        """Normalised intrinsic reward `[B]`, not yet multiplied by the intrinsic weight."""
        return self._normalised(self.error(observation))

    def observe(self, step: TownStep) -> Tensor:
        """The intrinsic rewards `[K, N]` of a rollout's next observations; trains the predictor once."""
        inputs = self.predictor.look_up(
            Observation(*(column.flatten(0, 1) for column in step.next_observation))
        )
        output, layers = self.predictor.forward_and_keep(inputs)
        difference = output - self._target.forward(inputs)
        error = difference.square().mean(1).view_as(step.reward)
        self._update_statistics(error, step.done)
        reward = self._normalised(error)
        grad_output = difference.mul_(2.0 / difference.numel())
        self._adam.step(self.predictor.backward(grad_output, inputs, layers))
        return reward

    def _update_statistics(self, error: Tensor, ended: Tensor) -> None:
        """Continue every agent's discounted return by `[K, N]`, and the running statistics of all returns."""
        returns = torch.empty_like(error)
        for present, added, over in zip(returns, error, ended, strict=True):
            torch.add(added, self._returns, alpha=self._gamma, out=present)
            torch.mul(present, ~over, out=self._returns)
        steps = len(error)
        keep = (self._count / (self._count + steps)).clamp_(max=RETURN_MEMORY**steps)
        moments = torch.stack((returns.mean(), returns.square().mean()))
        self._moments.copy_(torch.lerp(moments, self._moments, keep))
        self._std.copy_((self._moments[1] - self._moments[0].square()).clamp_(min=1e-12).sqrt_())
        self._count += steps

    def _normalised(self, error: Tensor) -> Tensor:
        clip = self.settings.intrinsic_clip
        return (error / self._std).clamp_(max=clip).mul_(self.settings.intrinsic_scale)

    def state_dict(self) -> dict[str, Any]:
        """Both networks, the optimiser, the running statistics."""
        return {
            "target": self._target.flat,
            "predictor": self.predictor.flat,
            "adam": self._adam.state_dict(),
            "returns": self._returns,
            "moments": self._moments,
            "spread": self._std,
            "count": self._count,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._target.flat.copy_(state["target"])
        self.predictor.flat.copy_(state["predictor"])
        self._adam.load_state_dict(state["adam"])
        self._returns.copy_(state["returns"])
        self._moments.copy_(state["moments"])
        self._std.copy_(state["spread"])
        self._count.copy_(state["count"])
