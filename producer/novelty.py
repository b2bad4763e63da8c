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
from producer.network import Network, expand
from producer.town import Observation

RETURN_MEMORY = 0.999
"""Per vector step: the running variance of the discounted return looks back about a thousand steps."""


class Novelty:
    """Target, predictor, its optimiser, and the running statistics of the intrinsic return."""

    def __init__(
        self,
        settings: Exploration,
        gamma: float,
        num_inputs: int,
        num_cells: int,
        num_affordances: int,
        num_agents: int,
        seed: int,
        device: torch.device | str = "cpu",
    ) -> None:
        self.settings = settings
        self.device = torch.device(device)
        self._gamma = gamma
        self._num_cells = num_cells
        self._num_affordances = num_affordances
        sizes = [num_inputs, settings.rnd_hidden, settings.embed_dim]
        generator = torch.Generator().manual_seed(seed)
        self._target = Network(sizes, generator, self.device)
        self.predictor = Network(sizes, generator, self.device)
        self._first_moment = torch.zeros_like(self.predictor.flat)
        self._second_moment = torch.zeros_like(self.predictor.flat)
        self._step = torch.zeros((), device=self.device)
        self._returns = torch.zeros(num_agents, device=self.device)
        self._mean = torch.zeros((), device=self.device)
        self._square = torch.zeros((), device=self.device)
        self._count = 0
        self._waiting: list[Tensor] = []

    def error(self, observation: Observation) -> Tensor:
        """Mean squared prediction error `[B]`, unitless."""
        inputs = expand(observation, self._num_cells, self._num_affordances)
        return (self.predictor.forward(inputs) - self._target.forward(inputs)).square_().mean(1)

    def reward(self, observation: Observation) -> Tensor:
        """Normalised intrinsic reward `[B]`, unweighted."""
        return self._normalised(self.error(observation))

    def observe(self, observation: Observation, ended: Tensor) -> Tensor:
        """See what one vector step led to: returns its intrinsic rewards `[num_agents]`, trains the predictor.

        `ended` `[num_agents]` bool cuts the discounted returns whose spread normalises the reward.
        """
        settings = self.settings
        inputs = expand(observation, self._num_cells, self._num_affordances)
        error = (self.predictor.forward(inputs) - self._target.forward(inputs)).square_().mean(1)
        self._returns = self._returns * self._gamma + error
        keep = min(RETURN_MEMORY, self._count / (self._count + 1))
        self._mean = self._mean * keep + self._returns.mean() * (1.0 - keep)
        self._square = self._square * keep + self._returns.square().mean() * (1.0 - keep)
        self._count += 1
        reward = self._normalised(error)
        self._returns = self._returns * ~ended
        self._waiting.append(inputs)
        if len(self._waiting) >= settings.rnd_train_every:
            self._train(torch.cat(self._waiting))
            self._waiting = []
        return reward

    def _normalised(self, error: Tensor) -> Tensor:
        spread = (self._square - self._mean.square()).clamp(min=1e-12).sqrt()
        return (error / spread).clamp(max=self.settings.intrinsic_clip) * self.settings.intrinsic_scale

    def _train(self, inputs: Tensor) -> None:
        output, layers = self.predictor.forward_and_keep(inputs)
        slope = (output - self._target.forward(inputs)) * (2.0 / output.numel())
        gradient = self.predictor.backward(slope, layers)
        self._step += 1
        torch._fused_adam_(
            [self.predictor.flat],
            [gradient],
            [self._first_moment],
            [self._second_moment],
            [],
            [self._step],
            lr=self.settings.rnd_learning_rate,
            beta1=0.9,
            beta2=0.999,
            weight_decay=0.0,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )

    def state_dict(self) -> dict[str, Any]:
        """Both networks, optimiser, running statistics, and the observations that wait for the next update."""
        return {
            "target": self._target.flat,
            "predictor": self.predictor.flat,
            "first_moment": self._first_moment,
            "second_moment": self._second_moment,
            "step": self._step,
            "returns": self._returns,
            "mean": self._mean,
            "square": self._square,
            "count": self._count,
            "waiting": list(self._waiting),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._target.flat.copy_(state["target"])
        self.predictor.flat.copy_(state["predictor"])
        self._first_moment.copy_(state["first_moment"])
        self._second_moment.copy_(state["second_moment"])
        self._step.copy_(state["step"])
        self._returns = state["returns"].to(self.device)
        self._mean = state["mean"].to(self.device)
        self._square = state["square"].to(self.device)
        self._count = state["count"]
        self._waiting = [inputs.to(self.device) for inputs in state["waiting"]]
