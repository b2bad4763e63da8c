"""The environment knows no size, no name and no number of the default town."""

import warnings
from pathlib import Path
from typing import Any

import gymnasium
import msgspec
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from core.config import load_config
from core.config_schema import RunConfig, Stage
from core.resources import find_config
from core.world import Affordance, Meter, World
from producer.environment.gymnasium_env import ENV_ID
from producer.environment.gymnasium_vector import TownVectorEnv
from producer.environment.rules import INTERACT


def a_config(width: int, height: int, meters: int, affordances: int) -> RunConfig:
    """A town without money, of any size: every affordance fills every need."""
    needs = [Meter(f"need {i}", start=(0.5, 1.0), drain=0.02, vital=i == 0) for i in range(meters)]
    effects = {need.name: 0.2 for need in needs}
    places = [
        Affordance(f"place {i}", cell=(i % width, i // width), effects=effects) for i in range(affordances)
    ]
    stage = Stage(active_meters=[need.name for need in needs], depletion=1.0, reward="shaped")
    quick = load_config(find_config(Path("quick")))
    return msgspec.structs.replace(
        quick,
        world=World(width, height, needs, places, money_meter=None),
        curriculum=msgspec.structs.replace(quick.curriculum, stages=[stage]),
        training=msgspec.structs.replace(quick.training, max_steps_per_episode=30),
    )


@pytest.mark.parametrize(
    "size",
    [
        {"width": 2, "height": 2, "meters": 1, "affordances": 1},
        {"width": 5, "height": 3, "meters": 3, "affordances": 15},
        {"width": 3, "height": 70, "meters": 16, "affordances": 64},
    ],
    ids=str,
)
def test_a_town_of_any_size_works(size: dict[str, Any]) -> None:
    config = a_config(**size)
    for mode in ("rgb_array", "ansi"):
        env = gymnasium.make(ENV_ID, config=config, render_mode=mode).unwrapped
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_env(env)
    observation, info = env.reset(options={"start": {"cell": (0, 0)}})
    assert len(observation) == size["width"] * size["height"] + size["meters"] + size["affordances"] + 1
    assert list(info["meters"]) == [f"need {i}" for i in range(size["meters"])]
    *_, info = env.step(INTERACT)
    assert info["affordance_used"] == "place 0"

    many = TownVectorEnv(4, config)
    many.reset(seed=0)
    ends = 0
    for _ in range(60):
        observations, _, terminations, truncations, _ = many.step(many.action_space.sample())
        assert many.observation_space.contains(observations)
        ends += int(np.count_nonzero(terminations | truncations))
    assert ends >= 4
