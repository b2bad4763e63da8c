"""Greedy episodes: what they measure, and how sure it is."""

from pathlib import Path

import numpy as np
import pytest

from core.config import load_config
from core.errors import StoreError
from producer.run.evaluate import bootstrap_interval, evaluate
from tests.support.training import train


def test_a_trained_network_is_evaluated_as_it_was_trained(tmp_path: Path, small_config: Path) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 40, "curriculum.start_stage": 4}))
    checkpoint = tmp_path / "checkpoints" / "checkpoint_ep00040.pt"
    first, again = evaluate(checkpoint, 60, seed=3), evaluate(checkpoint, 60, seed=3)
    assert first.lines() == again.lines()
    assert first.stage == 4
    assert len(first.survival) == 60
    assert sum(first.causes.values()) == 60
    assert first.causes.get("limit", 0) == int((first.survival == 150).sum())
    assert first.low <= first.mean <= first.high
    assert first.low < first.high
    assert first.survival.min() > 0
    # each agent lives once: other births, other lives
    assert not np.array_equal(evaluate(checkpoint, 60, seed=4).survival, first.survival)


def test_a_replay_buffer_is_no_network(tmp_path: Path, small_config: Path) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 20}))
    with pytest.raises(StoreError, match="holds no trained network"):
        evaluate(tmp_path / "checkpoints" / "checkpoint_ep00020.replay.pt", 10, seed=0)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    """Of samples like survival times: most at the limit, a tail below."""
    random = np.random.default_rng(0)
    population = np.concatenate([np.full(700, 500), random.integers(80, 500, 300)])
    covered = 0
    for seed in range(200):
        low, high = bootstrap_interval(random.choice(population, 100), seed)
        covered += low <= population.mean() <= high
    # binomial(200, 0.95) lies below 180 in one of 400 cases, above 199 in one of 10,000
    assert 180 <= covered <= 199
