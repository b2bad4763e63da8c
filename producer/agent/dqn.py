"""The learner: a Q-network for all agents, trained by Double DQN with n-step returns and advantage learning.

The targets of one rollout's updates are computed together, before the first of them. What it learns from is
`producer.agent.replay_buffer`, how curious it is `producer.agent.rnd`, the network itself is
`producer.agent.network`.

Sources: DQN (Mnih et al. 2015); Double DQN (van Hasselt et al. 2016); n-step returns (Sutton & Barto 2018,
chapter 7, without off-policy correction); advantage learning (Bellemare et al. 2016, equation 10); averaged
target network (Lillicrap et al. 2016, section 3).
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.config_schema import Population
from producer.agent.network import Adam, Inputs, Network
from producer.agent.replay_buffer import Batch
from producer.environment.rules import ACTIONS
from producer.environment.town import Observation, Town

TD_ERROR_MEMORY = 0.996
"""Per rollout; the running mean |TD error| forgets half in 170 rollouts."""


class Update(NamedTuple):
    """What one update had to go by."""

    error: Tensor
    """[B] TD errors, 0 where a memory could not be used."""
    q: Tensor
    """[B, num_actions] before the update."""
    gradient_norm: Tensor
    """[], before clipping."""

    def loss(self) -> Tensor:
        """Mean Huber loss."""
        slope = self.error.clamp(-1.0, 1.0)
        return (slope * (self.error - 0.5 * slope)).mean()


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
        self.td_error = torch.ones((), device=self.device)
        """Running mean |TD error|, the entropy gate's temperature."""

    def q_values(self, observation: Observation) -> Tensor:
        """`[B, num_actions]`."""
        return self.online.forward(self.online.look_up(observation))

    def act(self, observation: Observation, epsilon: float | Tensor) -> Tensor:
        """Epsilon-greedy actions `[num_agents]` int64."""
        greedy = self.q_values(observation).argmax(1)
        draw = torch.rand((2, len(greedy)), generator=self.generator, device=self.device)
        random = (draw[0] * len(ACTIONS)).long()
        return torch.where(draw[1] < epsilon, random, greedy)

    def learn(self, batch: Batch, intrinsic: Tensor, updates: int) -> Update:
        """So many updates, each on its share of the batch; returns the last one.

        `intrinsic` `[B]` is the weighted, discounted sum of the arrivals' bonuses.
        """
        inputs = self.online.look_up(batch.now_and_bootstrap)
        wanted = self.targets(batch, inputs, intrinsic)
        size = len(wanted) // updates
        for at in range(0, len(wanted), size):
            share = slice(at, at + size)
            update = self.fit(inputs.part(at, size), batch.action[share], wanted[share], batch.valid[share])
        return update

    def targets(self, batch: Batch, inputs: Inputs, intrinsic: Tensor) -> Tensor:
        """What Q(s, a) should be: `[B]`.

        r + γ^m Q̄(s', argmax Q(s', ·)) − α (max Q̄(s, ·) − Q̄(s, a)), with Q̄ the target network.
        """
        size = len(batch.action)
        best_next = self.online.forward(inputs.part(size, size)).argmax(1, keepdim=True)
        now, then = self.target.forward(inputs).view(2, size, -1).unbind()
        value_next = then.gather(1, best_next).squeeze(1)
        gap = now.amax(1) - now.gather(1, batch.action.unsqueeze(1)).squeeze(1)
        wanted = torch.addcmul(batch.extrinsic + intrinsic, batch.discount, value_next)
        return wanted.sub_(gap, alpha=self.settings.advantage_alpha)

    def fit(self, inputs: Inputs, action: Tensor, wanted: Tensor, valid: Tensor) -> Update:
        """One update towards targets `[B]`: Huber loss, clipped gradient, Adam; then averaging."""
        q, layers = self.online.forward_and_keep(inputs)
        chosen = action.unsqueeze(1)
        error = (q.gather(1, chosen).squeeze(1) - wanted) * valid
        slope = error.clamp(-1.0, 1.0).div_(len(error))
        slopes = torch.zeros_like(q).scatter_(1, chosen, slope.unsqueeze(1))
        gradient = self.online.backward(slopes, inputs, layers)
        norm = gradient.norm()
        self._adam.descend(gradient, (norm / self.settings.max_grad_norm).clamp_(min=1.0))
        self.target.flat.lerp_(self.online.flat, self.settings.target_tau)
        return Update(error, q, norm)

    def note(self, update: Update) -> None:
        """Remember how wrong an update found the network."""
        self.td_error.lerp_(update.error.abs().mean(), 1.0 - TD_ERROR_MEMORY)

    def state_dict(self) -> dict[str, Any]:
        """Networks, optimiser, running figures and the generator."""
        return {
            "online": self.online.flat,
            "target": self.target.flat,
            "adam": self._adam.state_dict(),
            "generator": self.generator.get_state(),
            "updates": self.updates,
            "td_error": self.td_error,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self.online.flat.copy_(state["online"])
        self.target.flat.copy_(state["target"])
        self._adam.load_state_dict(state["adam"])
        self.generator.set_state(state["generator"].cpu())
        self.updates = state["updates"]
        self.td_error.copy_(state["td_error"])
