"""`RecordRun`: the log of another algorithm's run, and what all readers of logs make of it."""

import json
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.env_util import make_vec_env

import producer.environment.gymnasium_env  # registers Hamlet/Town-v0
from core.codec import decode
from core.errors import StoreError
from core.events import (
    AffordancesRandomized,
    AffordancesUsed,
    CellsVisited,
    EpisodeFinished,
    RunStarted,
    RunStopped,
)
from core.packing import unpack_indices
from producer.environment.record import RecordRun
from projections.compare import compare
from tests.support.logs import read_log
from tests.support.processes import run_successfully

assert producer.environment.gymnasium_env.ENV_ID == "Hamlet/Town-v0"
TOWN = {"config": "quick", "stage": 1}


def make(**arguments: Any) -> Any:
    return gymnasium.make("Hamlet/Town-v0", **(TOWN | arguments))


def events_of(run_dir: Path, kind: type[Any]) -> list[Any]:
    return [event for event in map(decode, read_log(run_dir)) if isinstance(event, kind)]


def play(env: Any, steps: int, seed: int = 0) -> list[tuple[int, float]]:
    """Random actions; length and reward of each episode that ended."""
    env.action_space.seed(seed)
    env.reset(seed=seed)
    length, total, ended = 0, 0.0, []
    for _ in range(steps):
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        length, total = length + 1, total + float(reward)
        if terminated or truncated:
            ended.append((length, total))
            length, total = 0, 0.0
            env.reset()
    env.close()
    return ended


def test_episodes_are_those_that_the_loop_saw(tmp_path: Path) -> None:
    ended = play(RecordRun(make(), tmp_path, {"name": "chance"}), 700, seed=7)
    finished = events_of(tmp_path, EpisodeFinished)
    assert len(ended) >= 2
    assert [(event.survival_time, event.total_reward) for event in finished] == [
        (length, pytest.approx(total)) for length, total in ended
    ]
    assert [event.vector_step for event in finished] == np.cumsum([length for length, _ in ended]).tolist()
    for event, visited in zip(finished, events_of(tmp_path, CellsVisited), strict=True):
        assert unpack_indices(visited.path).size == event.survival_time
        assert visited.novelty == b""
    (started,) = events_of(tmp_path, RunStarted)
    assert (started.seed, started.config["algorithm"]["name"], started.num_episodes) == (7, "chance", 0)
    (stopped,) = events_of(tmp_path, RunStopped)
    assert stopped.reason == "completed"


def test_what_the_algorithm_has_no_notion_of_is_absent(tmp_path: Path) -> None:
    play(RecordRun(make(), tmp_path), 400)
    event = events_of(tmp_path, EpisodeFinished)[0]
    assert event.intrinsic_reward is event.intrinsic_weight is event.epsilon is None
    assert event.curriculum_stage is event.born_stage is None
    run_successfully("projections", "run", "--run-dir", tmp_path, "--until-caught-up")
    state = json.loads(run_successfully("projections", "at", "--run-dir", tmp_path, "--episode", 1))
    assert state["stage"] is None
    assert state["metrics"]["epsilon"] is None
    assert state["heatmap"]["novelty"] == []
    out = tmp_path / "episodes.csv"
    run_successfully("projections", "export", "--run-dir", tmp_path, "--what", "episodes", "--out", out)
    assert out.read_text().splitlines()[1].endswith(",,,,")
    run_successfully("projections", "doctor", "--run-dir", tmp_path, "--thorough")
    assert "algorithm" in run_successfully(
        "projections", "compare", tmp_path, other(tmp_path), "--format", "json"
    )


def other(tmp_path: Path) -> Path:
    play(RecordRun(make(), tmp_path / "other", {"name": "another"}), 300, seed=1)
    run_successfully("projections", "run", "--run-dir", tmp_path / "other", "--until-caught-up")
    return tmp_path / "other"


@pytest.mark.parametrize("mode", ["vector_entry_point", "sync"])
def test_vector_environments_of_both_ways_to_begin_again(tmp_path: Path, mode: str) -> None:
    towns = gymnasium.make_vec("Hamlet/Town-v0", num_envs=3, vectorization_mode=mode, **TOWN)
    recorded = RecordRun(towns, tmp_path)
    recorded.action_space.seed(0)
    recorded.reset(seed=5)
    ended = 0
    begun_again = np.zeros(3, bool)
    lengths, seen = np.zeros(3, int), []
    for _ in range(400):
        _, _, terminated, truncated, _ = recorded.step(recorded.action_space.sample())
        lengths += ~begun_again
        done = terminated | truncated
        seen += [(int(agent), int(lengths[agent])) for agent in np.flatnonzero(done)]
        lengths[done] = 0
        ended += int(done.sum())
        begun_again = done & (mode == "sync")
    recorded.close()
    finished = events_of(tmp_path, EpisodeFinished)
    assert ended == len(finished) > 3
    assert [(event.agent, event.survival_time) for event in finished] == seen
    assert sum(len(event.affordances) for event in events_of(tmp_path, AffordancesUsed)) > 0


def test_a_changed_layout_is_the_move_of_the_affordances(tmp_path: Path) -> None:
    env = RecordRun(make(), tmp_path)
    env.reset(seed=1)
    while not any(env.step(4)[2:4]):
        pass
    taken = env.get_wrapper_attr("town_description").cells.values()
    free = next((x, y) for x in range(8) for y in range(8) if (x, y) not in taken)
    env.reset(options={"layout": {"Bed": free}})
    env.close()
    (moved,) = events_of(tmp_path, AffordancesRandomized)
    assert moved.episode == 1
    assert {(place.name, place.x, place.y) for place in moved.new} >= {("Bed", *free)}


@pytest.mark.parametrize(
    ("algorithm", "settings"),
    [(PPO, {"n_steps": 64, "batch_size": 64}), (DQN, {"learning_starts": 100, "buffer_size": 1_000})],
)
def test_stable_baselines3(tmp_path: Path, algorithm: Any, settings: dict[str, Any]) -> None:
    towns = RecordRun(
        make_vec_env("Hamlet/Town-v0", n_envs=2, env_kwargs=TOWN),
        tmp_path,
        {"name": algorithm.__name__, **settings},
    )
    algorithm("MlpPolicy", towns, seed=3, device="cpu", **settings).learn(800)
    towns.close()
    finished = events_of(tmp_path, EpisodeFinished)
    assert len(finished) >= 2
    assert {event.agent for event in finished} == {0, 1}
    (started,) = events_of(tmp_path, RunStarted)
    assert (started.seed, started.num_agents, started.config_name) == (3, 2, algorithm.__name__)


def test_runs_of_two_algorithms_are_compared(tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("two", 1)):
        play(RecordRun(make(), tmp_path / name, {"name": name}), 300, seed)
        run_successfully("projections", "run", "--run-dir", tmp_path / name, "--until-caught-up")
    found = compare([], tmp_path, group_by="algorithm.name")
    assert [group.label for group in found.groups] == ["algorithm.name = one", "algorithm.name = two"]
    assert all(set(run.curves) == {"survival"} for run in found.runs)


def test_what_cannot_be_recorded_is_refused(tmp_path: Path) -> None:
    play(RecordRun(make(), tmp_path / "run"), 10)
    with pytest.raises(StoreError, match="holds a run already"):
        RecordRun(make(), tmp_path / "run")
    with pytest.raises(ValueError, match="is not that town"):
        RecordRun(gymnasium.make("CartPole-v1"), tmp_path / "pole")
    with pytest.raises(ValueError, match="must be the innermost wrapper"):
        RecordRun(gymnasium.wrappers.FrameStackObservation(make(), 2), tmp_path / "stacked")
    with pytest.raises(ValueError, match="another layout in every environment"):
        RecordRun(
            make_vec_env("Hamlet/Town-v0", n_envs=2, env_kwargs=TOWN | {"layout": "random"}),
            tmp_path / "random",
        )
    assert not (tmp_path / "random").exists()
