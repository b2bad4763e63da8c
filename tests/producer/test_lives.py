"""A finished life is tallied once, with what its steps brought."""

import copy

import pytest
import torch
from torch import Tensor

from producer.agent.rollout import roll_out
from producer.environment.town import Observation, Town
from producer.training.episodes import FinishedLife, LifeTally

STEPS = 5


def at_random(generator: torch.Generator):  # type: ignore[no-untyped-def]
    def policy(seen: Observation) -> Tensor:
        return torch.randint(5, (len(seen.cell),), generator=generator)

    return policy


def test_sums_and_numbers_of_finished_lives(town: Town) -> None:
    town.set_stage(4)
    town.state_dict()["meters"][:3, 0] = 0.05
    tally = LifeTally(town.num_agents)
    generator = torch.Generator().manual_seed(0)
    sums = torch.zeros((town.num_agents, 3), dtype=torch.float64)
    finished: list[FinishedLife] = []
    for _ in range(26):
        step = roll_out(town, at_random(generator), STEPS).step
        bonus = torch.rand((STEPS, town.num_agents), generator=generator)
        lives = iter(tally.add(step, bonus, 0.3))
        for k in range(STEPS):
            reward = step.reward[k]
            sums += torch.stack((reward, bonus[k], reward + 0.3 * bonus[k]), 1)
            for agent in step.done[k].nonzero().squeeze(1).tolist():
                life = next(lives)
                assert (life.agent, life.ago) == (agent, STEPS - 1 - k)
                assert (life.extrinsic, life.intrinsic, life.total) == pytest.approx(sums[agent].tolist())
                assert life.survival == step.episode_length[k, agent]
                assert life.cause == step.cause[k, agent]
                sums[agent] = 0.0
                finished.append(life)
        assert next(lives, None) is None
    assert [life.episode for life in finished] == list(range(1, len(finished) + 1))
    assert len(finished) > town.num_agents
    assert {life.cause for life in finished} == {-1, 0}


def test_a_restored_tally_goes_on(town: Town) -> None:
    tally, restored = LifeTally(town.num_agents), LifeTally(town.num_agents)
    bonus = torch.ones((STEPS, town.num_agents))
    policy = at_random(torch.Generator().manual_seed(1))
    for _ in range(10):
        tally.add(roll_out(town, policy, STEPS).step, bonus, 1.0)
    restored.load_state_dict(copy.deepcopy(tally.state_dict()))
    for _ in range(4):
        step = roll_out(town, policy, STEPS).step
        assert tally.add(step, bonus, 1.0) == restored.add(step, bonus, 1.0)
    assert tally.episodes == restored.episodes > 0
