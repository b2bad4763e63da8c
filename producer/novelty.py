"""Novelty by random network distillation: what the predictor cannot yet tell of a fixed random network.

The intrinsic reward of a state is its prediction error, divided by the running standard deviation of the
discounted intrinsic return, clipped and scaled. The observation holds the affordance underfoot, so a moved
bed is novel again. Source: RND (Burda et al. 2018), sections 2.2 to 2.4; our inputs are in [0, 1] and need no
normalisation.
"""

from typing import Any

import torch
from torch import Tensor

from core.config import Exploration
from producer.network import Adam, Network
from producer.town import Observation, Town

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
        self._count = 0
        self._waiting: list[Observation] = []

    def error(self, observation: Observation) -> Tensor:
        """Mean squared prediction error `[B]`, unitless."""
        return (self.predictor.forward(observation) - self._target.forward(observation)).square_().mean(1)

    def reward(self, observation: Observation) -> Tensor:
        """Normalised intrinsic reward `[B]`, unweighted."""
        return self._normalised(self.error(observation))

    def observe(self, observation: Observation, ended: Tensor) -> Tensor:
        """See what one vector step led to: returns its rewards `[num_agents]`, trains the predictor.

        `ended` `[num_agents]` bool cuts the discounted returns whose spread normalises the reward.
        """
        error = self.error(observation)
        returns = self._returns.mul_(self._gamma).add_(error)
        keep = min(RETURN_MEMORY, self._count / (self._count + 1))
        self._moments.lerp_(torch.stack((returns.mean(), returns.square().mean())), 1.0 - keep)
        self._spread = (self._moments[1] - self._moments[0].square()).clamp_(min=1e-12).sqrt_()
        self._count += 1
        self._returns.masked_fill_(ended, 0.0)
        self._waiting.append(observation)
        if len(self._waiting) >= self.settings.rnd_train_every:
            self._train(Observation(*(torch.cat(column) for column in zip(*self._waiting, strict=True))))
            self._waiting = []
        return self._normalised(error)

    def _normalised(self, error: Tensor) -> Tensor:
        clip = self.settings.intrinsic_clip
        return (error / self._spread).clamp_(max=clip).mul_(self.settings.intrinsic_scale)

    def _train(self, observation: Observation) -> None:
        output, layers = self.predictor.forward_and_keep(observation)
        slope = (output - self._target.forward(observation)).mul_(2.0 / output.numel())
        self._adam.descend(self.predictor.backward(slope, observation, layers))

    def state_dict(self) -> dict[str, Any]:
        """Both networks, optimiser, running statistics, observations waiting for the next update."""
        return {
            "target": self._target.flat,
            "predictor": self.predictor.flat,
            "adam": self._adam.state_dict(),
            "returns": self._returns,
            "moments": self._moments,
            "spread": self._spread,
            "count": self._count,
            "waiting": [list(observation) for observation in self._waiting],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._target.flat.copy_(state["target"])
        self.predictor.flat.copy_(state["predictor"])
        self._adam.load_state_dict(state["adam"])
        self._returns.copy_(state["returns"])
        self._moments.copy_(state["moments"])
        self._spread = state["spread"].to(self.device)
        self._count = state["count"]
        self._waiting = [
            Observation(*(column.to(self.device) for column in columns)) for columns in state["waiting"]
        ]
