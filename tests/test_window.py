"""Agents that see the cells near them: the same observation in torch, in numpy and for Gymnasium."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.config import load_config
from core.config_schema import RunConfig
from core.errors import ConfigError
from core.observation import near_affordances, near_cells, near_offsets, observation_legend, sizes_of
from core.process.sqlite import open_reader
from producer.agent.replay_buffer import ReplayBuffer
from producer.agent.rollout import roll_out
from producer.environment.gymnasium_env import TownEnv
from producer.environment.observation import flatten_observation
from producer.environment.town import Observation, Town
from producer.run.checkpoints import read_file
from producer.training.memory_recorder import MemoryRecorder
from producer.training.trainer import Trainer
from projections.policy import network_input, q_values
from projections.readmodels.policies import ask_policy, read_policy
from tests.support.read_models import project_log
from tests.support.training import train, write_small_config

STATES = 1_000
WINDOW = {
    "observation.kind": "window",
    "observation.radius": 2,
    "world.width": 10,
    "world.obstacles": [{"kind": "wall", "cell": [4, 0], "to": [4, 2]}, {"kind": "water", "cell": [9, 7]}],
}


def a_config(folder: Path, **changes: object) -> RunConfig:
    path = write_small_config(folder / "small.yaml")
    return load_config(path, {**WINDOW, "training.num_episodes": 60, **changes})


def test_what_stands_near_is_seen_row_by_row(tmp_path: Path) -> None:
    """By hand, around [3, 1] with a radius of 1 in the default town behind a wall."""
    world = a_config(tmp_path).world
    town = Town(world, a_config(tmp_path).curriculum.stages, 1, 100, seed=0, sight=1)
    names = (*world.affordance_names, "none", "closed")
    seen = [names[what] for what in town.current.near_at[world.cell_index((3, 1))].tolist()]
    around = dict(zip(near_offsets(1), seen, strict=True))
    assert around == {
        (dx, dy): "closed"
        if dx == 1
        else next((name for name, cell in town.placements().items() if cell == (3 + dx, 1 + dy)), "none")
        for dx, dy in near_offsets(1)
    }
    assert "Shower" in seen
    corner = [names[what] for what in town.current.near_at[0].tolist()]
    assert corner[:4] == ["closed", "closed", "closed", "closed"]


def test_a_moved_affordance_is_seen_where_it_stands(tmp_path: Path) -> None:
    config = a_config(tmp_path)
    town = Town.from_config(config, seed=0)
    before = town.current.near_at.clone()
    town.randomize_affordances(1)
    assert not before.equal(town.current.near_at)
    affordance_at = town.current.affordance_at.numpy()
    near = near_cells(10, 8, config.world.obstacle_cells, 2)
    expected = near_affordances(affordance_at, near, town.num_affordances)
    assert town.current.near_at.numpy().tolist() == expected.tolist()
    assert town.observation().near.tolist() == expected[town.observation().cell.numpy()].tolist()


@pytest.mark.parametrize("relabel", [True, False])
def test_a_transition_is_relabelled_with_what_was_last_seen_near(tmp_path: Path, relabel: bool) -> None:
    """After the move, once every cell was in somebody's sight, samples show the present town."""
    town = Town.from_config(a_config(tmp_path, **{"population.num_agents": 32}), seed=0)
    sizes = (town.num_agents, town.num_affordances, town.num_meters)
    buffer = ReplayBuffer(60_000, *sizes, town.rules.near, 8, relabel)
    generator = torch.Generator().manual_seed(0)

    def walk(seen: Observation) -> torch.Tensor:
        return torch.randint(5, (len(seen.cell),), generator=generator)

    for _ in range(60):
        buffer.append(roll_out(town, walk, 8))
    old = town.current.near_at.clone()
    town.randomize_affordances(3)
    for _ in range(60):
        buffer.append(roll_out(town, walk, 8))
    seen = buffer.sample(STATES, 3, 0.99, generator).next_observations
    present = (seen.near == town.current.near_at[seen.cell]).all(1)
    former = (seen.near == old[seen.cell]).all(1)
    assert bool(present.all()) == relabel
    assert bool((present | former).all())


def test_torch_numpy_and_gymnasium_encode_the_same_and_numpy_computes_what_torch_does(
    tmp_path: Path,
) -> None:
    config = a_config(tmp_path)
    train(tmp_path, config)
    project_log(tmp_path / "events.db", tmp_path / "demo_state.db")
    connection = open_reader(tmp_path / "demo_state.db")
    try:
        policy = read_policy(connection)
        assert policy is not None
        assert policy.sight == 2
        trainer = Trainer(config, MemoryRecorder(config))
        network, town = trainer.dqn.q_network, trainer.town
        state = read_file(tmp_path / "checkpoints" / policy.checkpoint)
        network.flat.copy_(state["trainer"]["dqn"]["online"])
        town.load_state_dict(state["trainer"]["town"])
        draw = np.random.default_rng(0)
        cells = draw.choice(config.world.open_cells, STATES)
        meters = draw.random((STATES, town.num_meters), np.float32)
        here, near = town.current.affordance_at[cells], town.current.near_at[cells]
        observation = Observation(torch.tensor(cells), torch.tensor(meters), here, near)
        sizes = sizes_of(config.world, policy.sight)
        inputs = network_input(sizes, cells, meters, here.numpy(), near.numpy())
        assert inputs.tolist() == flatten_observation(observation, sizes).tolist()

        expected = network.forward(network.look_up(observation)).numpy()
        np.testing.assert_allclose(q_values(policy.layers(), inputs), expected, atol=2e-3)
        for i in range(20):
            levels = {name: float(meters[i, m]) for m, name in enumerate(config.world.meter_names)}
            answer = ask_policy(connection, None, config.world.cell_xy(int(cells[i])), levels)
            np.testing.assert_allclose(list(answer.q_values.values()), expected[i], atol=2e-3)
    finally:
        connection.close()


def test_the_observation_of_gymnasium_has_a_legend_for_each_entry(tmp_path: Path) -> None:
    env = TownEnv(a_config(tmp_path))
    observation, _ = env.reset(seed=0, options={"start": {"cell": (3, 2)}})
    legend = observation_legend(env.town_description.config.world, 2)
    assert env.observation_legend == legend
    assert observation.shape == env.observation_space.shape == (len(legend),)
    true = {legend[i] for i in np.flatnonzero(observation == 1.0)}
    assert {
        "agent in cell (3, 2)",
        "no affordance is here",
        "Shower at (-1, +0)",
        "no way at (+1, +0)",
    } <= true


def test_a_run_with_a_window_continues_bit_by_bit(tmp_path: Path) -> None:
    config = a_config(tmp_path, **{"population.learning_starts": 200, "training.randomize_affordances_at": 3})
    ours = Trainer(config, MemoryRecorder(config))
    for _ in range(40):
        ours.step()
    torch.save(ours.state_dict(), tmp_path / "state.pt")
    theirs = Trainer(config, MemoryRecorder(config))
    theirs.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=False))
    for trainer in (ours, theirs):
        for _ in range(10):
            trainer.step()
    assert ours.dqn.updates > 0
    assert ours.dqn.q_network.flat.equal(theirs.dqn.q_network.flat)


@pytest.mark.parametrize(
    ("radius", "said"),
    [
        (0, "observation.radius: expected int >= 1, but it is 0"),
        (9, "observation.radius: expected int <= 8, but it is 9"),
        (8, "observation.radius is 8; in a town of 8 × 8 cells it is at most 7"),
    ],
)
def test_a_window_that_does_not_fit_is_named(tmp_path: Path, radius: int, said: str) -> None:
    path = write_small_config(tmp_path / "small.yaml")
    with pytest.raises(ConfigError) as error:
        load_config(path, {"observation.kind": "window", "observation.radius": radius})
    assert said in str(error.value).replace("`", "")
