"""`Hamlet/Town-v0` keeps what Gymnasium promises, and refuses what does not exist in a sentence."""

import inspect
import json
import warnings
from pathlib import Path
from typing import Any

import gymnasium
import msgspec
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.envs.toy_text.taxi import TaxiEnv
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_of_stable_baselines

from core.config import load_config
from core.errors import ConfigError
from core.resources import find_config
from producer.environment.gymnasium_env import ENV_ID, TownEnv
from producer.environment.rules import ACTIONS, INTERACT

CONFIG = load_config(find_config(Path("sparse_adaptive")))
LAST_STAGE = len(CONFIG.curriculum.stages)


def test_the_checkers_of_gymnasium_and_stable_baselines_accept_it_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make(ENV_ID).unwrapped)
        check_env(gymnasium.make(ENV_ID, render_mode="rgb_array").unwrapped)
        check_env_of_stable_baselines(TownEnv())


def test_reset_without_a_seed_gives_other_episodes_each_time() -> None:
    episodes = []
    for _ in range(2):
        env = gymnasium.make(ENV_ID)
        episodes.append([int(env.reset()[0].argmax()) for _ in range(20)])
    assert episodes[0] != episodes[1]
    assert len(set(episodes[0])) > 1


def test_a_seed_starts_the_same_sequence_of_episodes_again() -> None:
    env = TownEnv(stage=LAST_STAGE)
    sequences = []
    for _ in range(2):
        seen = [env.reset(seed=11)[0]]
        for episode in range(3):
            seen += [env.step(action % len(ACTIONS))[0] for action in range(10)]
            seen.append(env.reset()[0])
            assert episode < 1 or not np.array_equal(seen[-1], seen[-12])
        sequences.append(np.stack(seen))
    assert np.array_equal(*sequences)


def test_the_initial_state_comes_from_the_random_number_generator_of_the_environment() -> None:
    env = TownEnv()
    env.reset(seed=1)
    env.np_random = np.random.default_rng(7)
    first, _ = env.reset()
    env.np_random = np.random.default_rng(7)
    assert np.array_equal(first, env.reset()[0])


def test_an_observation_is_what_its_legend_says() -> None:
    env = TownEnv(config="quick")
    start = {"cell": (2, 2), "meters": {"energy": 0.25}}
    observation, info = env.reset(seed=0, options={"start": start})
    legend = env.observation_legend
    values = dict(zip(legend, observation.tolist(), strict=True))
    assert len(values) == env.observation_space.shape[0]  # type: ignore[index]
    ones = {text for text, value in values.items() if value == 1.0 and not text.startswith("level")}
    assert ones == {"agent in cell (2, 2)", "Shower is here"}
    assert {f"level of {name}": level for name, level in info["meters"].items()} == {
        text: value for text, value in values.items() if text.startswith("level")
    }
    assert values["level of energy"] == 0.25
    assert env.observation_space.contains(observation)


def test_information_names_meters_affordance_cause_and_stage() -> None:
    env = TownEnv(stage=2)
    _, info = env.reset(options={"start": {"cell": (1, 1), "meters": {"energy": 0.2, "money": 0.5}}})
    assert (info["affordance_used"], info["cause"], info["stage"]) == (None, None, 2)
    _, _, _, _, info = env.step(INTERACT)
    assert info["affordance_used"] == "Bed"
    assert info["meters"]["energy"] == pytest.approx(0.2 + 0.5 - 0.005 * 0.5)
    _, _, _, _, info = env.step(0)
    assert info["affordance_used"] is None
    env.reset(options={"start": {"meters": {"satiation": 0.001}}})
    _, reward, terminated, truncated, info = env.step(0)
    assert (terminated, truncated, info["cause"]) == (True, False, "satiation")
    assert reward < -0.9


def test_an_episode_that_reaches_the_limit_is_truncated() -> None:
    env = TownEnv(stage=1)
    env.reset(options={"start": {"cell": (0, 0)}})
    limit = CONFIG.training.max_steps_per_episode
    ends = []
    for _ in range(limit):
        *_, terminated, truncated, info = env.step(INTERACT)
        ends.append((terminated, truncated, info["cause"]))
    assert set(ends[:-1]) == {(False, False, None)}
    assert ends[-1] == (False, True, "limit")
    with pytest.raises(ResetNeeded):
        env.step(INTERACT)


def test_options_choose_stage_layout_and_start_until_the_next_reset() -> None:
    env = TownEnv(layout={"Bed": (4, 4)})
    here = {"start": {"cell": np.array([4, 4]), "meters": {"mood": np.float64(0.5)}}, "stage": np.int64(3)}
    observation, info = env.reset(options=here)
    assert (info["stage"], info["meters"]["mood"]) == (3, 0.5)
    assert observation[env.observation_legend.index("Bed is here")] == 1.0
    moved = {"layout": {"Gym": (4, 4), "Bed": (0, 0)}, "start": {"cell": (4, 4)}}
    observation, info = env.reset(options=moved)
    assert (info["stage"], info["meters"]["mood"]) == (1, 1.0)
    assert observation[env.observation_legend.index("Gym is here")] == 1.0
    observation, _ = env.reset(options={"start": {"cell": (4, 4)}})
    assert observation[env.observation_legend.index("Bed is here")] == 1.0


def test_a_random_layout_is_another_one_in_each_episode_and_follows_from_the_seed() -> None:
    env = TownEnv(layout="random", render_mode="ansi")
    pictures = []
    for seed in (5, None, 5):
        env.reset(seed=seed, options={"start": {"cell": (0, 0)}})
        pictures.append(env.render())
    assert pictures[0] == pictures[2] != pictures[1]


@pytest.mark.parametrize("action", [len(ACTIONS), -1, 255, 1.5, None, "UP", np.array([1, 2])])
def test_an_action_that_does_not_exist_is_refused(action: Any) -> None:
    env = TownEnv()
    env.reset()
    with pytest.raises(InvalidAction, match="action"):
        env.step(action)


@pytest.mark.parametrize("action", [0, np.int32(4), np.array(3), np.uint8(2)])
def test_an_action_is_any_kind_of_integer(action: Any) -> None:
    env = TownEnv()
    env.reset()
    env.step(action)


def test_a_step_before_reset_is_refused() -> None:
    with pytest.raises(ResetNeeded):
        TownEnv().step(0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"stage": 9}, f"stage is 9; the configuration 'sparse_adaptive' has the stages 1 to {LAST_STAGE}"),
        ({"stage": 0}, "stage is 0"),
        ({"layout": {"Bad": (0, 0)}}, "layout names 'Bad'; the affordances are Bed"),
        ({"layout": {"Bed": (99, 0)}}, "outside the town"),
        ({"layout": {"Bed": (2, 2)}}, "taken by Bed"),
        ({"layout": "rondom"}, "layout"),
        ({"layout": {"Bed": 3}}, "layout"),
        (
            {"render_mode": "rbg_array"},
            "render_mode is 'rbg_array'; give None or one of human, rgb_array, ansi",
        ),
    ],
)
def test_an_argument_that_does_not_exist_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        TownEnv(**arguments)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"stag": 1}, "unknown option 'stag'; known are stage, layout, start"),
        ({"stage": 9}, "has the stages 1 to"),
        ({"stage": "two"}, "stage"),
        ({"start": {"cell": (8, 0)}}, "outside the town; x goes from 0 to 7"),
        ({"start": {"meters": {"enrgy": 0.1}}}, "names 'enrgy'; the meters are energy"),
        ({"start": {"meters": {"energy": 1.1}}}, "start.meters"),
        ({"start": {"place": 1}}, "place"),
    ],
)
def test_an_option_that_does_not_exist_is_refused_and_changes_nothing(
    options: dict[str, Any], sentence: str
) -> None:
    env = TownEnv(render_mode="ansi")
    env.reset(seed=1)
    before = env.render()
    with pytest.raises(ValueError, match=sentence):
        env.reset(options=options)
    assert env.render() == before
    env.step(0)


def test_configurations_are_taken_by_name_path_text_and_struct(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(find_config(Path("sparse_adaptive")).read_text().replace("Bed", "Hammock"))
    assert "Hammock is here" in TownEnv(config=path).observation_legend
    assert "Hammock is here" in TownEnv(config=str(path)).observation_legend
    assert TownEnv(config=CONFIG).observation_legend == TownEnv().observation_legend
    assert TownEnv(config=msgspec.to_builtins(CONFIG)).observation_legend == TownEnv().observation_legend
    with pytest.raises(ConfigError, match="quik"):
        TownEnv(config="quik")
    with pytest.raises(ConfigError, match="unknown key"):
        TownEnv(config={"wrld": {}})


def test_a_specification_survives_json() -> None:
    env = gymnasium.make(ENV_ID, config="quick", stage=2, layout={"Bed": [4, 4]})
    assert env.spec is not None
    written = env.spec.to_json()
    assert json.loads(written)["kwargs"]["config"] == "quick"
    again = gymnasium.make(EnvSpec.from_json(written))
    assert np.array_equal(env.reset(seed=3)[0], again.reset(seed=3)[0])


def test_the_docstring_has_the_sections_of_gymnasiums_own_environments() -> None:
    sections = [line.strip() for line in inspect.getdoc(TaxiEnv).splitlines() if line.startswith("## ")]  # type: ignore[union-attr]
    ours = [line.strip() for line in inspect.getdoc(TownEnv).splitlines() if line.startswith("## ")]  # type: ignore[union-attr]
    assert ours == sections
