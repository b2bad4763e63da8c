"""The learner: a Q-network for all agents, trained by Double DQN with n-step returns and advantage learning.

What it learns from is `producer.replay`, how curious it is `producer.novelty`, the network itself is
`producer.network`.

Sources: DQN (Mnih et al. 2015); Double DQN (van Hasselt et al. 2016); n-step returns (Sutton & Barto 2018,
chapter 7, without off-policy correction); advantage learning (Bellemare et al. 2016, equation 10); averaged
target network (Lillicrap et al. 2016, section 3).
"""

from typing import Any

import torch
from torch import Tensor

from core.config import Population
from producer.network import Adam, Network
from producer.replay import Batch
from producer.town import ACTIONS, Observation, Town

TD_ERROR_MEMORY = 0.999
"""Per update; the running mean |TD error| forgets half in 700 updates."""


class Learner:
    """Q-network, target network and optimiser."""

    def __init__(self, settings: Population, town: Town, seed: int) -> None:
        self.settings = settings
        self.device = town.device
        shape = (town.num_cells, town.num_meters, town.num_affordances)
        sizes = [settings.hidden, settings.hidden, len(ACTIONS)]
        self.online = Network(*shape, sizes, torch.Generator().manual_seed(seed), self.device)
        self.target = Network(*shape, sizes, torch.Generator().manual_seed(seed), self.device)
        self._adam = Adam(self.online.flat, settings.learning_rate)
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.updates = 0
        # Read by the heartbeat and the entropy gate; on the device, so that no update waits for the host.
        self.loss = torch.zeros((), device=self.device)
        self.mean_q = torch.zeros((), device=self.device)
        self.grad_norm = torch.zeros((), device=self.device)
        self.td_error = torch.ones((), device=self.device)

    def act(self, observation: Observation, epsilon: float) -> Tensor:
        """Epsilon-greedy actions `[num_agents]` int64."""
        greedy = self.online.forward(observation).argmax(1)
        draw = torch.rand((2, len(greedy)), generator=self.generator, device=self.device)
        random = (draw[0] * len(ACTIONS)).long()
        return torch.where(draw[1] < epsilon, random, greedy)

    def learn(self, batch: Batch, intrinsic: Tensor) -> None:
        """One update. `intrinsic` `[B]` is the weighted, discounted sum of the arrivals' bonuses."""
        size = len(batch.action)
        both = batch.now_and_bootstrap
        q, layers = self.online.forward_and_keep(both)
        q_target = self.target.forward(both)

        chosen = batch.action.unsqueeze(1)
        best_next = q[size:].argmax(1, keepdim=True)
        value_next = q_target[size:].gather(1, best_next).squeeze(1)
        gap = q_target[:size].amax(1) - q_target[:size].gather(1, chosen).squeeze(1)
        wanted = batch.extrinsic + intrinsic + batch.discount * value_next
        wanted -= self.settings.advantage_alpha * gap

        error = (q[:size].gather(1, chosen).squeeze(1) - wanted) * batch.valid
        slope = error.clamp(-1.0, 1.0)
        slopes = torch.zeros_like(q[:size]).scatter_(1, chosen, (slope / size).unsqueeze(1))
        gradient = self.online.backward(slopes, both, layers)
        self.grad_norm = gradient.norm()
        gradient *= (self.settings.max_grad_norm / (self.grad_norm + 1e-6)).clamp_(max=1.0)
        self._adam.descend(gradient)
        self.target.flat.lerp_(self.online.flat, self.settings.target_tau)
        self.updates += 1

        self.loss = (slope * (error - 0.5 * slope)).mean()
        self.mean_q = q[:size].amax(1).mean()
        self.td_error = torch.lerp(error.abs().mean(), self.td_error, TD_ERROR_MEMORY)

    def state_dict(self) -> dict[str, Any]:
        """Networks, optimiser, running figures and the generator."""
        return {
            "online": self.online.flat,
            "target": self.target.flat,
            "adam": self._adam.state_dict(),
            "generator": self.generator.get_state(),
            "updates": self.updates,
            "figures": torch.stack((self.loss, self.mean_q, self.grad_norm, self.td_error)),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self.online.flat.copy_(state["online"])
        self.target.flat.copy_(state["target"])
        self._adam.load_state_dict(state["adam"])
        self.generator.set_state(state["generator"].cpu())
        self.updates = state["updates"]
        self.loss, self.mean_q, self.grad_norm, self.td_error = state["figures"].to(self.device).unbind()
