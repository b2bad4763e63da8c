"""How the entropy gate measures a policy."""

import math

import pytest
import torch

from core.config_schema import Population
from producer.agent.dqn import DQN
from producer.agent.replay_buffer import ReplayBuffer
from producer.agent.rollout import roll_out
from producer.environment.town import Town
from producer.training.entropy_gate import entropy_in_need, neediest, policy_entropy


def test_entropy_is_a_fraction_of_its_maximum() -> None:
    uniform = torch.zeros((3, 5))
    assert policy_entropy(uniform, torch.tensor(0.1)).item() == pytest.approx(1.0)
    decided = torch.tensor([[10.0, 0.0, 0.0, 0.0, 0.0]])
    assert policy_entropy(decided, torch.tensor(0.1)).item() == pytest.approx(0.0, abs=1e-6)
    two = torch.tensor([[10.0, 10.0, 0.0, 0.0, 0.0]])
    assert policy_entropy(two, torch.tensor(0.1)).item() == pytest.approx(math.log(2) / math.log(5))


def test_the_neediest_are_those_whose_worst_vital_meter_is_lowest() -> None:
    meters = torch.tensor([[0.9, 0.9, 0.0], [0.2, 0.9, 1.0], [0.5, 0.1, 1.0], [0.4, 0.6, 0.0]])
    assert set(neediest(meters, torch.tensor([True, True, False]), 2).tolist()) == {1, 2}


def test_the_temperature_is_the_mean_td_error(town: Town) -> None:
    settings = Population(hidden=16)
    dqn = DQN(settings, town, seed=1)
    sizes = (town.num_affordances, town.num_meters)
    buffer = ReplayBuffer(4000, town.num_agents, *sizes, town.rules.near, rollout_steps=8)
    for _ in range(10):
        buffer.append(roll_out(town, lambda observation: dqn.act(observation, 1.0), 8))
    vital = torch.tensor([meter.vital for meter in town.world.meters])
    entropies = []
    for mean_td_error in (100.0, 0.01, 1e-6):
        dqn.mean_td_error.fill_(mean_td_error)
        entropies.append(entropy_in_need(dqn, buffer, settings, vital))
    assert entropies[0] == pytest.approx(1.0, abs=1e-3)
    assert entropies[0] > entropies[1] > entropies[2]
    assert entropies[2] == pytest.approx(0.0, abs=0.01)
