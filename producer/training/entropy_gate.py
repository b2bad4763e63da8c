"""The entropy gate: the policy's entropy in the states that need a decision most.

The policy is softmax(Q / T) with the running mean of |TD error| as temperature T, so that differences
between Q-values count in units of what the network cannot tell apart. The entropy is measured on the neediest
states of a replay sample and given as a fraction of its maximum, log(number of actions). This is the
project's own rule.
"""

import math

import torch
from torch import Tensor

from core.config_schema import Population
from producer.agent.dqn import DQN
from producer.agent.replay_buffer import ReplayBuffer
from producer.environment.town import Observation

__all__ = ["entropy_in_need", "neediest", "policy_entropy"]

SAMPLE = 256
"""States drawn from the replay buffer."""
NEEDIEST = 64
"""Of these, the states on which the entropy is measured."""


def entropy_in_need(dqn: DQN, replay_buffer: ReplayBuffer, settings: Population, vital: Tensor) -> float:
    """The policy's mean entropy in needy states, from 0 to 1. `vital` `[num_meters]` bool marks vital meters.

    The sample is drawn with the random number generator of `dqn`.
    """
    batch = replay_buffer.sample(SAMPLE, settings.n_step, settings.gamma, dqn.generator)
    observation = Observation(*(column[:SAMPLE] for column in batch.now_and_bootstrap))
    rows = neediest(observation.meters, vital, NEEDIEST)
    q_values = dqn.q_values(Observation(*(column[rows] for column in observation)))
    return float(policy_entropy(q_values, dqn.mean_td_error))


def policy_entropy(q_values: Tensor, temperature: Tensor) -> Tensor:
    """Mean entropy `[]` of softmax(Q / temperature) for Q `[B, num_actions]`, from 0 to 1 (uniform)."""
    log_policy = torch.log_softmax(q_values / temperature.clamp(min=1e-8), 1)
    entropy = -(log_policy.exp() * log_policy).sum(1).mean()
    return entropy / math.log(q_values.shape[1])


def neediest(meters: Tensor, vital: Tensor, count: int) -> Tensor:
    """Rows `[count]` of the states whose lowest vital meter is lowest. `meters` [B, M], `vital` [M] bool."""
    return meters[:, vital].amin(1).topk(count, largest=False).indices
