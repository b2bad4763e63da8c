"""Other people's checkers accept the town, and its vector environment agrees with its single one."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_of_stable_baselines

from producer.environment.gymnasium_env import ENV_ID, TownEnv, TownVectorEnv


def test_gymnasiums_checker_accepts_the_registered_environment() -> None:
    check_env(gymnasium.make(ENV_ID).unwrapped)


def test_stable_baselines_checker_accepts_it() -> None:
    check_env_of_stable_baselines(TownEnv())


def test_a_seed_begins_the_same_life_again() -> None:
    env = TownEnv(stage=4)
    lives = []
    for _ in range(2):
        observation, _ = env.reset(seed=11)
        steps = [env.step(np.int64(action % 5)) for action in range(40)]
        lives.append(np.stack([observation, *(step[0] for step in steps)]))
    assert np.array_equal(lives[0], lives[1])
    later, _ = env.reset()
    assert not np.array_equal(later, lives[0][0])


def test_many_agents_live_as_one_would() -> None:
    single, many = TownEnv(stage=4), TownVectorEnv(6, stage=4)
    alone, _ = single.reset(seed=3)
    crowd, _ = many.reset(seed=3)
    assert np.array_equal(alone, crowd[0])
    generator = np.random.default_rng(0)
    for _ in range(400):
        actions = generator.integers(0, 5, 6)
        observation, reward, died, truncated, _ = single.step(actions[0])
        observations, rewards, deaths, truncations, info = many.step(actions)
        assert (reward, died, truncated) == (
            pytest.approx(rewards[0]),
            bool(deaths[0]),
            bool(truncations[0]),
        )
        if died or truncated:
            assert np.array_equal(observation, info["final_obs"][0])
            assert info["_final_obs"][0]
            return
        assert np.array_equal(observation, observations[0])
    pytest.fail("a random walker should have died")


def test_observations_are_written_out_one_hots_and_meters() -> None:
    env = TownEnv()
    observation, _ = env.reset(seed=0)
    assert observation.shape == (79,)
    assert observation[:64].sum() == 1.0
    assert observation[70:].sum() == 1.0
    assert env.observation_space.contains(observation)


def test_a_list_of_seeds_is_refused() -> None:
    with pytest.raises(TypeError, match="one number"):
        TownVectorEnv(2).reset(seed=[1, 2])
