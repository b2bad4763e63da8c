"""The learner: a Q-network for all agents, trained by Double DQN with n-step returns and advantage learning.

The network is two hidden ReLU layers, its parameters views of one flat vector, so that Adam, the target
network's averaging and the gradient's norm are one kernel each. Its backward pass is written out by hand
(checked against autograd in the tests). What it learns from is `producer.replay`, how curious it is
`producer.novelty`.

Sources: DQN (Mnih et al. 2015); Double DQN (van Hasselt et al. 2016); n-step returns (Sutton & Barto 2018,
chapter 7, without off-policy correction); advantage learning (Bellemare et al. 2016, equation 10); Adam
(Kingma & Ba 2015).
"""

from typing import Any

import torch
from torch import Tensor

from core.config import Population
from producer.network import Network, expand
from producer.replay import Batch
from producer.town import Observation

ADAM_BETAS = (0.9, 0.999)
ADAM_EPS = 1e-8
TD_ERROR_MEMORY = 0.999
"""Per update; the running mean |TD error| forgets half in 700 updates."""


class Learner:
    """Q-network, target network and optimiser."""

    def __init__(
        self,
        settings: Population,
        num_inputs: int,
        num_actions: int,
        num_cells: int,
        num_affordances: int,
        seed: int,
        device: torch.device | str = "cpu",
    ) -> None:
        self.settings = settings
        self.device = torch.device(device)
        self._num_cells = num_cells
        self._num_affordances = num_affordances
        sizes = [num_inputs, settings.hidden, settings.hidden, num_actions]
        self.online = Network(sizes, torch.Generator().manual_seed(seed), self.device)
        self.target = Network(sizes, torch.Generator().manual_seed(seed), self.device)
        self._first_moment = torch.zeros_like(self.online.flat)
        self._second_moment = torch.zeros_like(self.online.flat)
        self._step = torch.zeros((), device=self.device)
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.updates = 0
        # Read by the heartbeat and the entropy gate; on the device, so that no update waits for the host.
        self.loss = torch.zeros((), device=self.device)
        self.mean_q = torch.zeros((), device=self.device)
        self.grad_norm = torch.zeros((), device=self.device)
        self.td_error = torch.ones((), device=self.device)

    def inputs(self, observation: Observation) -> Tensor:
        """The network's input `[B, num_inputs]`."""
        return expand(observation, self._num_cells, self._num_affordances)

    def q_values(self, observation: Observation) -> Tensor:
        """Online Q-values `[B, num_actions]`."""
        return self.online.forward(self.inputs(observation))

    def act(self, observation: Observation, epsilon: float) -> Tensor:
        """Epsilon-greedy actions `[num_agents]` int64."""
        greedy = self.q_values(observation).argmax(1)
        draw = torch.rand((2, len(greedy)), generator=self.generator, device=self.device)
        random = (draw[0] * self.online.sizes[-1]).long()
        return torch.where(draw[1] < epsilon, random, greedy)

    def learn(self, batch: Batch, intrinsic: Tensor) -> None:
        """One update. `intrinsic` `[n, B]` is the weighted intrinsic reward of each arrival."""
        size = len(batch.action)
        inputs = torch.cat((self.inputs(batch.observation), self.inputs(batch.bootstrap)))
        q, layers = self.online.forward_and_keep(inputs)
        q_target = self.target.forward(inputs)

        chosen = batch.action.unsqueeze(1)
        best_next = q[size:].argmax(1, keepdim=True)
        value_next = q_target[size:].gather(1, best_next).squeeze(1)
        gap = q_target[:size].amax(1) - q_target[:size].gather(1, chosen).squeeze(1)
        returns = (batch.weights * intrinsic).addcmul_(batch.rewards, batch.powers).sum(0)
        wanted = returns + batch.discount * value_next - self.settings.advantage_alpha * gap

        error = (q[:size].gather(1, chosen).squeeze(1) - wanted) * batch.valid
        slope = error.clamp(-1.0, 1.0)
        self._descend(
            torch.zeros_like(q[:size]).scatter_(1, chosen, slope.unsqueeze(1) / size),
            [layer[:size] for layer in layers],
        )
        size_of_error = error.abs()
        self.loss = (slope * (error - 0.5 * slope)).mean()
        self.mean_q = q[:size].amax(1).mean()
        self.td_error = self.td_error * TD_ERROR_MEMORY + size_of_error.mean() * (1.0 - TD_ERROR_MEMORY)

    def _descend(self, slope: Tensor, layers: list[Tensor]) -> None:
        """Adam on the clipped gradient, then let the target network follow (Polyak averaging)."""
        gradient = self.online.backward(slope, layers)
        self.grad_norm = gradient.norm()
        gradient *= (self.settings.max_grad_norm / (self.grad_norm + 1e-6)).clamp(max=1.0)
        self._step += 1
        torch._fused_adam_(
            [self.online.flat],
            [gradient],
            [self._first_moment],
            [self._second_moment],
            [],
            [self._step],
            lr=self.settings.learning_rate,
            beta1=ADAM_BETAS[0],
            beta2=ADAM_BETAS[1],
            weight_decay=0.0,
            eps=ADAM_EPS,
            amsgrad=False,
            maximize=False,
        )
        self.target.flat.lerp_(self.online.flat, self.settings.target_tau)
        self.updates += 1

    def state_dict(self) -> dict[str, Any]:
        """Networks, optimiser, running figures and the generator."""
        return {
            "online": self.online.flat,
            "target": self.target.flat,
            "first_moment": self._first_moment,
            "second_moment": self._second_moment,
            "step": self._step,
            "generator": self.generator.get_state(),
            "updates": self.updates,
            "figures": torch.stack((self.loss, self.mean_q, self.grad_norm, self.td_error)),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self.online.flat.copy_(state["online"])
        self.target.flat.copy_(state["target"])
        self._first_moment.copy_(state["first_moment"])
        self._second_moment.copy_(state["second_moment"])
        self._step.copy_(state["step"])
        self.generator.set_state(state["generator"].cpu())
        self.updates = state["updates"]
        self.loss, self.mean_q, self.grad_norm, self.td_error = state["figures"].to(self.device).unbind()
