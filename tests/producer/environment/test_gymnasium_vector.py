"""The vector environment agrees with the single one, for any number of agents and in any process."""

import subprocess
import sys
import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import InvalidAction
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from producer.environment.gymnasium_env import ENV_ID, TownEnv
from producer.environment.gymnasium_vector import TownVectorEnv
from producer.environment.rules import ACTIONS

STAGE = 4
STEPS = 400
"""Long enough for several deaths of a random walker at this stage."""


def assert_same_information(ours: Any, theirs: Any) -> None:
    """Nested dicts of arrays are equal, but for rounding."""
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs)
        for key, value in theirs.items():
            assert_same_information(ours[key], value)
    elif theirs.dtype == object:
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(mine, other)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_one_agent_is_what_gymnasium_makes_of_the_single_environment() -> None:
    ours = TownVectorEnv(1, stage=STAGE)
    theirs = SyncVectorEnv([lambda: TownEnv(stage=STAGE)], autoreset_mode=AutoresetMode.SAME_STEP)
    for mine, other in zip(ours.reset(seed=3), theirs.reset(seed=3), strict=True):
        assert_same_information(mine, other)
    generator = np.random.default_rng(0)
    ends = 0
    for _ in range(STEPS):
        actions = generator.integers(0, len(ACTIONS), 1)
        mine, other = ours.step(actions), theirs.step(actions)
        for part, other_part in zip(mine, other, strict=True):
            assert_same_information(part, other_part)
        ends += int(mine[2][0] or mine[3][0])
    assert ends >= 2


def test_each_of_many_agents_steps_as_a_single_one_would() -> None:
    many, single = TownVectorEnv(6, stage=STAGE), TownEnv(stage=STAGE)
    first, info = many.reset(seed=3)
    actions = np.random.default_rng(0).integers(0, len(ACTIONS), (STEPS, 6))
    steps = [many.step(row) for row in actions]
    for agent in range(6):
        cell = int(first[agent, : many.observation_legend.index("level of energy")].argmax())
        meters = {name: levels[agent] for name, levels in info["meters"].items() if name[0] != "_"}
        start = {"cell": (cell % 8, cell // 8), "meters": meters}
        alone, _ = single.reset(options={"start": start})
        assert np.array_equal(alone, first[agent])
        for row, (observations, rewards, terminations, truncations, infos) in zip(
            actions, steps, strict=True
        ):
            alone, reward, terminated, truncated, _ = single.step(row[agent])
            assert reward == pytest.approx(rewards[agent], abs=1e-6)
            assert (terminated, truncated) == (terminations[agent], truncations[agent])
            if terminated or truncated:
                np.testing.assert_allclose(alone, infos["final_obs"][agent], rtol=0, atol=1e-6)
                break
            np.testing.assert_allclose(alone, observations[agent], rtol=0, atol=1e-6)
        else:
            pytest.fail("a random walker should have died")


@pytest.mark.parametrize("num_envs", [1, 2, 5, 70])
def test_any_number_of_agents_dies_and_continues(num_envs: int) -> None:
    env = TownVectorEnv(num_envs, stage=STAGE)
    env.reset(seed=0)
    env.action_space.seed(0)
    ends = 0
    for _ in range(STEPS):
        observations, _, terminations, truncations, _ = env.step(env.action_space.sample())
        assert env.observation_space.contains(observations)
        ends += int((terminations | truncations).sum())
    assert ends >= num_envs


def test_one_seed_gives_one_sequence_and_none_gives_others() -> None:
    env = TownVectorEnv(8)
    seeded = [env.reset(seed=seed)[0] for seed in (5, 5, 6)]
    assert np.array_equal(seeded[0], seeded[1])
    assert not np.array_equal(seeded[0], seeded[2])
    assert not np.array_equal(*(TownVectorEnv(8).reset()[0] for _ in range(2)))


@pytest.mark.parametrize(
    "actions",
    [[0, 5], [-1, 0], [0], [0, 1, 2], [[0, 1]], [0.0, 1.0], [True, False]],
)
def test_actions_that_do_not_exist_are_refused(actions: list[Any]) -> None:
    env = TownVectorEnv(2)
    env.reset()
    with pytest.raises(InvalidAction):
        env.step(np.array(actions))


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="one number"):
        TownVectorEnv(2).reset(seed=[1, 2])
    with pytest.raises(ValueError, match="num_envs is 0"):
        TownVectorEnv(0)
    with pytest.raises(ValueError, match="render_mode is 'human'"):
        TownVectorEnv(1, render_mode="human")
    with pytest.raises(ValueError, match="stage is 9"):
        TownVectorEnv(1, stage=9)


def test_each_agent_is_rendered() -> None:
    for mode in ("rgb_array", "ansi"):
        env = TownVectorEnv(3, render_mode=mode)
        env.reset(seed=1)
        pictures = env.render()
        assert pictures is not None
        assert len(pictures) == 3
        assert not np.array_equal(pictures[0], pictures[1])
    assert TownVectorEnv(3).render() is None


@pytest.mark.parametrize("mode", ["sync", "vector_entry_point", None])
def test_make_vec_makes_it_in_each_mode(mode: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make_vec(ENV_ID, num_envs=3, vectorization_mode=mode, config="quick")
    observation, _ = env.reset(seed=1)
    assert observation.shape == env.observation_space.shape
    assert env.spec is not None
    assert env.spec.to_json()
    assert isinstance(env.unwrapped, TownVectorEnv) == (mode != "sync")
    env.close()


FORK = """
import gymnasium, numpy, torch
import producer.environment.gymnasium_env
torch.set_num_threads(2)
(torch.rand(2000, 2000) @ torch.rand(2000, 2000)).exp().sum()  # torch's threads run before the fork
env = gymnasium.make_vec("Hamlet/Town-v0", num_envs=3, vectorization_mode="async", stage=4)
observation, _ = env.reset(seed=1)
for _ in range(200):
    observation, *_ = env.step(env.action_space.sample())
env.close()
print(observation.shape)
"""


def test_worker_processes_that_are_forked_beside_threads_of_torch_do_not_hang() -> None:
    ended = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    size = len(TownEnv().observation_legend)
    assert ended.stdout == f"(3, {size})\n"
