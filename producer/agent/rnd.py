"""Intrinsic reward by random network distillation (RND): how badly a state can still be predicted.

A predictor network learns to reproduce a fixed random target network on the observed states. Its error is
large on states that were rarely observed. The intrinsic reward of a state is that error, on the scale of
`producer.agent.intrinsic_scale`. The observation contains the affordance at the agent's cell, so the cell
of a moved bed is novel again.

Source: RND (Burda et al. 2018), sections 2.2 to 2.4; our inputs lie in [0, 1] and need no normalisation.
"""

from typing import Any

import torch
from torch import Tensor

from core.config_schema import Exploration
from producer.agent.intrinsic_scale import IntrinsicScale
from producer.agent.network import Adam, Network
from producer.environment.town import Observation, Town, TownStep

__all__ = ["RandomNetworkDistillation"]


class RandomNetworkDistillation:
    """The target, the predictor, its optimiser, and the scale of the reward."""

    def __init__(
        self, settings: Exploration, gamma: float, town: Town, seed: int, scale: float = 1.0
    ) -> None:
        """`gamma` discounts the intrinsic return; `seed` draws the weights of both networks.

        `scale` multiplies `settings.intrinsic_scale`.
        """
        sizes = [settings.rnd_hidden, settings.embed_dim]
        generator = torch.Generator().manual_seed(seed)
        self._target = Network(town.sizes, sizes, generator, town.device)
        self.predictor = Network(town.sizes, sizes, generator, town.device)
        self._adam = Adam(self.predictor.flat, settings.rnd_learning_rate)
        self._scale = IntrinsicScale(
            settings.intrinsic_scale * scale, settings.intrinsic_clip, gamma, town.num_agents, town.device
        )

    def measure(self, observation: Observation) -> Tensor:
        """Mean squared prediction error `[B]`, unitless."""
        inputs = self.predictor.look_up(observation)
        return (self.predictor.forward(inputs) - self._target.forward(inputs)).square_().mean(1)

    def reward(self, observation: Observation) -> Tensor:
        """Normalised intrinsic reward `[B]`, not yet multiplied by the intrinsic weight."""
        return self._scale.reward(self.measure(observation))

    def observe(self, step: TownStep) -> Tensor:
        """The intrinsic rewards `[K, N]` of a rollout's next observations; trains the predictor once."""
        inputs = self.predictor.look_up(
            Observation(*(column.flatten(0, 1) for column in step.next_observation))
        )
        output, layers = self.predictor.forward_and_keep(inputs)
        difference = output - self._target.forward(inputs)
        error = difference.square().mean(1).view_as(step.reward)
        self._scale.update(error, step.done)
        reward = self._scale.reward(error)
        grad_output = difference.mul_(2.0 / difference.numel())
        self._adam.step(self.predictor.backward(grad_output, inputs, layers))
        return reward

    def checksum(self) -> Tensor:
        """The sum of everything learnt `[]`: NaN or Inf if any of it is."""
        return self.predictor.flat.sum()

    def state_dict(self) -> dict[str, Any]:
        """Both networks, the optimiser, the running statistics."""
        return {
            "target": self._target.flat,
            "predictor": self.predictor.flat,
            "adam": self._adam.state_dict(),
            **self._scale.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._target.flat.copy_(state["target"])
        self.predictor.flat.copy_(state["predictor"])
        self._adam.load_state_dict(state["adam"])
        self._scale.load_state_dict(state)
