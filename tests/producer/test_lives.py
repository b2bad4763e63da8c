"""A finished life is tallied once, with what its steps brought."""

import copy

import pytest
import torch

from producer.lives import FinishedLife, LifeTally
from producer.town import Town


def test_sums_and_numbers_of_finished_lives(town: Town) -> None:
    town.set_stage(4)
    town.state_dict()["meters"][:3, 0] = 0.05
    tally = LifeTally(town.num_agents)
    generator = torch.Generator().manual_seed(0)
    sums = torch.zeros((town.num_agents, 3), dtype=torch.float64)
    finished: list[FinishedLife] = []
    for _ in range(130):
        step = town.step(torch.randint(5, (town.num_agents,), generator=generator))
        bonus = torch.rand(town.num_agents, generator=generator)
        sums += torch.stack((step.reward, bonus, step.reward + 0.3 * bonus), 1)
        lives = tally.add(step, bonus, 0.3)
        ended = (step.died | step.truncated).nonzero().squeeze(1).tolist()
        assert [life.agent for life in lives] == ended
        for life in lives:
            assert (life.extrinsic, life.intrinsic, life.total) == pytest.approx(sums[life.agent].tolist())
            assert life.survival == step.age[life.agent]
            assert life.cause == step.cause[life.agent]
            sums[life.agent] = 0.0
        finished += lives
    assert [life.episode for life in finished] == list(range(1, len(finished) + 1))
    assert len(finished) > town.num_agents
    assert {life.cause for life in finished} == {-1, 0}


def test_a_restored_tally_goes_on(town: Town) -> None:
    tally, restored = LifeTally(town.num_agents), LifeTally(town.num_agents)
    actions, bonus = torch.full((town.num_agents,), 4), torch.ones(town.num_agents)
    for _ in range(50):
        tally.add(town.step(actions), bonus, 1.0)
    restored.load_state_dict(copy.deepcopy(tally.state_dict()))
    steps = [town.step(actions) for _ in range(20)]
    for step in steps:
        assert tally.add(step, bonus, 1.0) == restored.add(step, bonus, 1.0)
    assert tally.episodes == restored.episodes > 0
