"""Novelty falls where the agents have been, and is high again where something has moved."""

import copy

import torch

from core.config_schema import Exploration
from producer.agent.rnd import RandomNetworkDistillation
from producer.environment.town import Observation, Town, TownStep


def a_novelty(town: Town, **changes: object) -> RandomNetworkDistillation:
    settings = Exploration(rnd_learning_rate=0.001, **changes)  # type: ignore[arg-type]
    return RandomNetworkDistillation(settings, 0.99, town, seed=1)


def at(cell: int, affordance: int, count: int = 8, seed: int = 0) -> Observation:
    meters = torch.rand((count, 6), generator=torch.Generator().manual_seed(seed))
    nothing = torch.zeros((count, 0), dtype=torch.int64)
    return Observation(torch.full((count,), cell), meters, torch.full((count,), affordance), nothing)


def arriving(*next_observations: Observation, ended: torch.Tensor | None = None) -> TownStep:
    """A rollout that leads to these, one after the other; all agents stay alive unless `ended` `[K, 8]`."""
    cell, meters, affordance, near = (torch.stack(column) for column in zip(*next_observations, strict=True))
    nobody = torch.zeros_like(cell)
    died = nobody.bool() if ended is None else ended
    return TownStep(
        cell, meters, affordance, nobody, nobody.float(), died, nobody.bool(), nobody, nobody, nobody, near
    )


def test_error_falls_on_revisited_states_and_less_elsewhere(town: Town) -> None:
    novelty = a_novelty(town)
    here, there = at(9, 0, 64, 99), at(50, 3, 64, 99)
    before = [novelty.measure(state).mean().item() for state in (here, there)]
    for seed in range(0, 400, 2):
        novelty.observe(arriving(at(9, 0, seed=seed), at(9, 0, seed=seed + 1)))
    after = [novelty.measure(state).mean().item() for state in (here, there)]
    assert after[0] < 0.1 * before[0]
    assert after[1] > 5 * after[0]


def test_a_known_cell_is_novel_again_with_another_affordance_there(town: Town) -> None:
    novelty = a_novelty(town)
    for seed in range(0, 400, 2):
        novelty.observe(arriving(at(9, 0, seed=seed), at(9, 0, seed=seed + 1)))
    known, moved = novelty.measure(at(9, 0, 64, 99)).mean(), novelty.measure(at(9, 5, 64, 99)).mean()
    assert moved > 2 * known


def test_the_reward_is_counted_in_spreads_of_the_return_clipped_and_scaled(town: Town) -> None:
    novelty = a_novelty(town, intrinsic_clip=5.0, intrinsic_scale=0.1)
    returns, all_returns = torch.zeros(8), torch.zeros(0)
    for step in range(0, 30, 2):
        seen = [at(step + k, 8, seed=step + k) for k in range(2)]
        errors = torch.stack([novelty.measure(each) for each in seen])
        ended = torch.stack([torch.arange(8) == (step + k) % 8 for k in range(2)])
        for error, over in zip(errors, ended, strict=True):
            returns = 0.99 * returns + error
            all_returns = torch.cat((all_returns, returns))
            returns = returns * ~over
        reward = novelty.observe(arriving(*seen, ended=ended))
    wanted = (errors / all_returns.std(correction=0)).clamp(max=5.0) * 0.1
    torch.testing.assert_close(reward, wanted, rtol=1e-3, atol=1e-5)
    assert reward.max() <= 0.5


def test_looking_at_a_reward_changes_nothing(town: Town) -> None:
    novelty = a_novelty(town)
    novelty.observe(arriving(at(3, 8)))
    before = copy.deepcopy(novelty.state_dict())
    novelty.reward(at(4, 8))
    torch.testing.assert_close(novelty.state_dict(), before, rtol=0, atol=0)


def test_restored_novelty_goes_on_bit_by_bit(town: Town) -> None:
    novelty, restored = (
        a_novelty(town),
        RandomNetworkDistillation(Exploration(rnd_learning_rate=0.001), 0.99, town, seed=7),
    )
    for seed in range(5):
        novelty.observe(arriving(at(seed, 8, seed=seed)))
    restored.load_state_dict(copy.deepcopy(novelty.state_dict()))
    for seed in range(5, 10):
        rollout = arriving(at(seed, 8, seed=seed), at(seed, 3, seed=seed))
        assert novelty.observe(rollout).equal(restored.observe(rollout))
    assert novelty.predictor.flat.equal(restored.predictor.flat)
