"""Novelty falls where the agents have been, and is high again where something has moved."""

import copy

import torch

from core.config import Exploration
from producer.novelty import Novelty
from producer.town import Observation, Town

ALIVE = torch.zeros(8, dtype=torch.bool)


def a_novelty(town: Town, **changes: object) -> Novelty:
    settings = Exploration(rnd_learning_rate=0.001, rnd_train_every=2, **changes)  # type: ignore[arg-type]
    return Novelty(settings, 0.99, town, seed=1)


def at(cell: int, underfoot: int, count: int = 8, seed: int = 0) -> Observation:
    meters = torch.rand((count, 6), generator=torch.Generator().manual_seed(seed))
    return Observation(torch.full((count,), cell), meters, torch.full((count,), underfoot))


def test_error_falls_on_revisited_states_and_less_elsewhere(town: Town) -> None:
    novelty = a_novelty(town)
    here, there = at(9, 0, 64, 99), at(50, 3, 64, 99)
    before = [novelty.error(state).mean().item() for state in (here, there)]
    for seed in range(400):
        novelty.observe(at(9, 0, seed=seed), ALIVE)
    after = [novelty.error(state).mean().item() for state in (here, there)]
    assert after[0] < 0.1 * before[0]
    assert after[1] > 5 * after[0]


def test_a_known_cell_is_novel_again_with_something_else_underfoot(town: Town) -> None:
    novelty = a_novelty(town)
    for seed in range(400):
        novelty.observe(at(9, 0, seed=seed), ALIVE)
    known, moved = novelty.error(at(9, 0, 64, 99)).mean(), novelty.error(at(9, 5, 64, 99)).mean()
    assert moved > 2 * known


def test_the_reward_is_counted_in_spreads_of_the_return_clipped_and_scaled(town: Town) -> None:
    novelty = a_novelty(town, intrinsic_clip=5.0, intrinsic_scale=0.1)
    returns, mean, square = torch.zeros(8), 0.0, 0.0
    for step in range(30):
        seen = at(step, 8, seed=step)
        error = novelty.error(seen)
        returns = 0.99 * returns + error
        keep = step / (step + 1)
        mean = keep * mean + (1 - keep) * returns.mean().item()
        square = keep * square + (1 - keep) * returns.square().mean().item()
        ended = torch.arange(8) == step % 8
        reward = novelty.observe(seen, ended)
        returns = returns * ~ended
    wanted = (error / (square - mean**2) ** 0.5).clamp(max=5.0) * 0.1
    torch.testing.assert_close(reward, wanted, rtol=1e-3, atol=1e-5)
    assert reward.max() <= 0.5


def test_looking_at_a_reward_changes_nothing(town: Town) -> None:
    novelty = a_novelty(town)
    novelty.observe(at(3, 8), ALIVE)
    before = copy.deepcopy(novelty.state_dict())
    novelty.reward(at(4, 8))
    torch.testing.assert_close(novelty.state_dict(), before, rtol=0, atol=0)


def test_restored_novelty_goes_on_bit_by_bit(town: Town) -> None:
    novelty, restored = a_novelty(town), Novelty(Exploration(rnd_learning_rate=0.001), 0.99, town, seed=7)
    restored.settings = novelty.settings
    for seed in range(5):
        novelty.observe(at(seed, 8, seed=seed), ALIVE)
    restored.load_state_dict(copy.deepcopy(novelty.state_dict()))
    for seed in range(5, 10):
        assert novelty.observe(at(seed, 8, seed=seed), ALIVE).equal(
            restored.observe(at(seed, 8, seed=seed), ALIVE)
        )
    assert novelty.predictor.flat.equal(restored.predictor.flat)
