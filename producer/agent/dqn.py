"""Deep Q-learning for all agents with one Q-network: Double DQN, n-step returns and advantage learning.

The method, for a sampled transition (s, a, r, s') whose return has m steps:

    y = r + γ^m · Q̄(s', argmax_a' Q(s', a')) − α · (max_a' Q̄(s, a') − Q̄(s, a))

Q is the online network, Q̄ the target network, r the n-step return, α `population.advantage_alpha`. The Huber
loss between Q(s, a) and y is minimised by Adam. The targets of all updates that follow one rollout are
computed together, before the first of these updates.

`producer.agent.replay_buffer` draws the transitions, `producer.agent.rnd` computes the intrinsic rewards,
`producer.agent.network` implements the network and its backward pass.

Sources: DQN (Mnih et al. 2015); Double DQN (van Hasselt et al. 2016); n-step returns (Sutton & Barto 2018,
chapter 7, without off-policy correction); advantage learning (Bellemare et al. 2016, equation 10); averaged
target network (Lillicrap et al. 2016, section 3).
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.config_schema import Population
from producer.agent.generator_state import restorable
from producer.agent.network import Adam, Inputs, Network
from producer.agent.replay_buffer import Batch
from producer.environment.rules import ACTIONS
from producer.environment.town import Observation, Town

__all__ = ["DQN", "Update"]

TD_ERROR_MEMORY = 0.996
"""Per rollout: the running mean of |TD error| forgets half of its past in 170 rollouts."""


class Update(NamedTuple):
    """The result of one gradient step on B transitions."""

    td_error: Tensor
    """[B] float32: Q(s, a) − y, and 0 for a transition that is not valid."""
    q_values: Tensor
    """[B, num_actions] float32: Q(s, ·) before the step."""
    gradient_norm: Tensor
    """[] float32: L2 norm before clipping."""

    def loss(self) -> Tensor:
        """The mean Huber loss `[]`, with its threshold at 1 (Huber 1964)."""
        huber_grad = self.td_error.clamp(-1.0, 1.0)
        return (huber_grad * (self.td_error - 0.5 * huber_grad)).mean()


class DQN:
    """The Q-network, its target network and its optimiser."""

    def __init__(self, settings: Population, town: Town, seed: int) -> None:
        """`seed` draws the weights and begins the random sequence of actions and replay samples."""
        self.settings = settings
        self.device = town.device
        sizes = [settings.hidden, settings.hidden, len(ACTIONS)]
        self.q_network = Network(town.sizes, sizes, torch.Generator().manual_seed(seed), self.device)
        self.target_network = Network(town.sizes, sizes, torch.Generator().manual_seed(seed), self.device)
        self._adam = Adam(self.q_network.flat, settings.learning_rate)
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.updates = 0
        """Gradient steps since the run began."""
        self.mean_td_error = torch.ones((), device=self.device)
        """[] float32: running mean of |TD error|; the entropy gate uses it as the temperature."""

    def q_values(self, observation: Observation) -> Tensor:
        """Q(s, ·) `[B, num_actions]` for observations `[B]`."""
        return self.q_network.forward(self.q_network.look_up(observation))

    def act(self, observation: Observation, epsilon: float | Tensor) -> Tensor:
        """Epsilon-greedy actions `[num_agents]` int64; `epsilon` is the probability of a random action."""
        greedy = self.q_values(observation).argmax(1)
        uniform = torch.rand((2, len(greedy)), generator=self.generator, device=self.device)
        random = (uniform[0] * len(ACTIONS)).long()
        return torch.where(uniform[1] < epsilon, random, greedy)

    def learn(self, batch: Batch, intrinsic_return: Tensor, updates: int) -> Update:
        """Make `updates` gradient steps, each on an equal share of the batch; returns the last step's result.

        `intrinsic_return` `[B]` is the weighted, discounted sum of the intrinsic rewards of each return.
        """
        inputs = self.q_network.look_up(batch.now_and_bootstrap)
        td_target = self.td_target(batch, inputs, intrinsic_return)
        size = len(td_target) // updates
        for at in range(0, len(td_target), size):
            share = slice(at, at + size)
            update = self.gradient_step(
                inputs.part(at, size), batch.action[share], td_target[share], batch.valid[share]
            )
        return update

    def td_target(self, batch: Batch, inputs: Inputs, intrinsic_return: Tensor) -> Tensor:
        """The TD target y `[B]`, the value that Q(s, a) is moved to.

        y = r + γ^m Q̄(s', argmax Q(s', ·)) − α (max Q̄(s, ·) − Q̄(s, a)), with Q̄ the target network and the
        action gap in the last brackets. `inputs` are those of `batch.now_and_bootstrap`, s and s': `[2 · B]`.
        """
        size = len(batch.action)
        best_action = self.q_network.forward(inputs.part(size, size)).argmax(1, keepdim=True)
        target_q, next_target_q = self.target_network.forward(inputs).view(2, size, -1).unbind()
        bootstrap = next_target_q.gather(1, best_action).squeeze(1)
        action_gap = target_q.amax(1) - target_q.gather(1, batch.action.unsqueeze(1)).squeeze(1)
        td_target = torch.addcmul(batch.extrinsic + intrinsic_return, batch.discount, bootstrap)
        return td_target.sub_(action_gap, alpha=self.settings.advantage_alpha)

    def gradient_step(self, inputs: Inputs, action: Tensor, td_target: Tensor, valid: Tensor) -> Update:
        """One step of Adam on the Huber loss, gradient clipped; then the target network follows.

        All arguments are `[B]`: the inputs of s, the actions a, the TD targets, and 1 or 0 for a transition
        that counts or does not.
        """
        q, layers = self.q_network.forward_and_keep(inputs)
        chosen = action.unsqueeze(1)
        td_error = (q.gather(1, chosen).squeeze(1) - td_target) * valid
        huber_grad = td_error.clamp(-1.0, 1.0).div_(len(td_error))
        grad_output = torch.zeros_like(q).scatter_(1, chosen, huber_grad.unsqueeze(1))
        gradient = self.q_network.backward(grad_output, inputs, layers)
        norm = gradient.norm()
        self._adam.step(gradient, clip_factor=(norm / self.settings.max_grad_norm).clamp_(min=1.0))
        self.target_network.flat.lerp_(self.q_network.flat, self.settings.target_tau)
        return Update(td_error, q, norm)

    def record_td_error(self, update: Update) -> None:
        """Add an update's mean |TD error| to the running mean."""
        self.mean_td_error.lerp_(update.td_error.abs().mean(), 1.0 - TD_ERROR_MEMORY)

    def state_dict(self) -> dict[str, Any]:
        """Both networks, the optimiser, the running mean and the random number generator."""
        return {
            "online": self.q_network.flat,
            "target": self.target_network.flat,
            "adam": self._adam.state_dict(),
            "generator": self.generator.get_state(),
            "updates": self.updates,
            "td_error": self.mean_td_error,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self.q_network.flat.copy_(state["online"])
        self.target_network.flat.copy_(state["target"])
        self._adam.load_state_dict(state["adam"])
        self.generator.set_state(restorable(state["generator"], self.generator))
        self.updates = state["updates"]
        self.mean_td_error.copy_(state["td_error"])
