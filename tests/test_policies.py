"""Policies from the trainer's network to an answer: recorded, projected, computed without torch, asked."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from core.config import load_config
from core.observation import sizes_of
from producer.environment.town import Observation
from producer.run.checkpoints import read_file
from producer.training.trainer import Trainer
from projections.cli import group
from projections.episode_ranges import expand
from projections.policy import input_gradients, network_input, q_values
from tests.support.policy_run import policy_at, recorded, saved, train_with_policies

STATES = 1_000


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run of 60 episodes with a checkpoint every 20, and its read model."""
    return train_with_policies(tmp_path_factory.mktemp("policies"))


def test_a_policy_is_recorded_beside_every_checkpoint(run_dir: Path) -> None:
    checkpoints = saved(run_dir)
    assert len(checkpoints) >= 3
    assert [(event.episode, event.position, event.checkpoint) for event in recorded(run_dir)] == [
        (event.episode, event.position, event.checkpoint.name) for event in checkpoints
    ]


def test_numpy_computes_what_torch_computes(run_dir: Path) -> None:
    """1,000 states a checkpoint: values to 1e-3, and the same greedy action wherever it is no near tie."""
    config = load_config(run_dir / "small.yaml")
    draw = np.random.default_rng(0)
    for event in recorded(run_dir):
        policy = policy_at(run_dir, event.episode)
        assert policy is not None
        trainer = Trainer(config, _Ignored())
        state = read_file(run_dir / "checkpoints" / event.checkpoint)
        network = trainer.dqn.q_network
        network.flat.copy_(state["trainer"]["dqn"]["online"])
        cells = draw.integers(0, policy.cells, STATES)
        meters = draw.random((STATES, len(policy.meters)), np.float32)
        here = draw.integers(0, len(policy.affordances) + 1, STATES)
        nothing_near = torch.zeros((STATES, 0), dtype=torch.int64)
        observation = Observation(torch.tensor(cells), torch.tensor(meters), torch.tensor(here), nothing_near)
        expected = network.forward(network.look_up(observation)).numpy()
        inputs = network_input(sizes_of(config.world, policy.sight), cells, meters, here)
        values = q_values(policy.layers(), inputs)
        np.testing.assert_allclose(values, expected, atol=1e-3)
        ranked = np.sort(expected, axis=1)
        clear = ranked[:, -1] - ranked[:, -2] > 2e-3
        assert clear.mean() > 0.5
        assert (values.argmax(1) == expected.argmax(1))[clear].all()


class _Ignored:
    """A recorder that records nothing."""

    def __getattr__(self, name: str) -> object:
        return lambda *arguments: None


def test_gradients_are_those_of_small_differences(run_dir: Path) -> None:
    policy = policy_at(run_dir, None)
    assert policy is not None
    draw = np.random.default_rng(1)
    # float64, so that the differences are not lost in rounding
    layers = [(weight.astype(np.float64), bias.astype(np.float64)) for weight, bias in policy.layers()]
    inputs = draw.random((20, policy.layer_sizes[0]))
    actions = draw.integers(0, len(policy.actions), 20)
    gradients = input_gradients(layers, inputs, actions)  # type: ignore[arg-type]
    rows = np.arange(20)
    for column in range(policy.cells, policy.cells + len(policy.meters)):
        step = np.zeros_like(inputs)
        step[:, column] = 1e-7
        after, before = (q_values(layers, inputs + sign * step)[rows, actions] for sign in (1, -1))  # type: ignore[arg-type]
        np.testing.assert_allclose(gradients[:, column], (after - before) / 2e-7, atol=1e-5)


def test_the_newest_policy_at_or_before_an_episode_answers(run_dir: Path) -> None:
    episodes = [event.episode for event in recorded(run_dir)]
    first, second = policy_at(run_dir, episodes[0]), policy_at(run_dir, episodes[1] - 1)
    assert first is not None
    assert second is not None
    assert first == second
    assert expand(first.recorded_episodes) == episodes
    assert policy_at(run_dir, episodes[0] - 1) is None
    newest = policy_at(run_dir, None)
    assert newest is not None
    assert newest.episode == episodes[-1]


def test_the_commands_write_and_ask(run_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "policy.npz"
    arguments = ["policy", "--run-dir", str(run_dir), "--episode", "45", "--out", str(out)]
    assert CliRunner().invoke(group, arguments, catch_exceptions=False).exit_code == 0
    policy = policy_at(run_dir, 45)
    assert policy is not None
    with np.load(out) as arrays:
        assert arrays["weight_0"].shape == (policy.layer_sizes[1], policy.layer_sizes[0])
        assert arrays["meters"].tolist() == list(policy.meters)
    asked = ["ask", "--run-dir", str(run_dir), "--cell", "1,1", "--meters", "energy=.2"]
    outcome = CliRunner().invoke(group, asked, catch_exceptions=False)
    assert outcome.exit_code == 0
    assert outcome.output.startswith("policy of checkpoint_ep")
    assert "energy 0.20" in outcome.output
    assert sorted(line.split()[-1] for line in outcome.output.splitlines()[3:]) == sorted(policy.actions)


def test_a_policy_that_cannot_be_written_leaves_nothing_behind(run_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "policy.npz"
    out.mkdir()
    for arguments, said in (
        (["--out", str(out)], f"{out}: cannot be written"),
        (["--episode", "61", "--out", str(tmp_path / "x.npz")], "episode 61 has not happened"),
    ):
        outcome = CliRunner().invoke(group, ["policy", "--run-dir", str(run_dir), *arguments])
        assert outcome.exit_code != 0
        assert said in str(outcome.exception)
    assert list(tmp_path.iterdir()) == [out]


def test_which_policies_there_are_is_a_dataset(run_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "policies.jsonl"
    arguments = ["export", "--run-dir", str(run_dir), "--what", "policies", "--out", str(out)]
    outcome = CliRunner().invoke(group, [*arguments, "--format", "jsonl"], catch_exceptions=False)
    assert outcome.exit_code == 0
    rows = [msgspec.json.decode(line) for line in out.read_bytes().splitlines()]
    assert [(row["episode"], row["checkpoint"]) for row in rows] == [
        (event.episode, event.checkpoint) for event in recorded(run_dir)
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cell", "8,1"], "cell 8,1: not in this town; x is 0 to 7, y 0 to 7"),
        (["--cell", "1"], "'1': give two whole numbers, as in 3,4"),
        (["--cell", "1,1", "--meters", "hunger=1"], "meter 'hunger': not in this town; it has energy, "),
        (["--cell", "1,1", "--meters", "energy=1.5"], "meter energy=1.5: give a level from 0 (empty) to 1"),
        (["--cell", "1,1", "--meters", "energy"], "'energy': give names and levels, as in energy=.2"),
        (["--cell", "1,1", "--meters", "energy=.5,energy=1"], "gives energy twice; keep one of the two"),
        (["--cell", "1,1", "--meters", "energy=nan"], "meter energy=nan: give a level from 0 (empty) to 1"),
        (["--cell", "1,1", "--episode", "61"], "episode 61 has not happened; the newest episode is 60"),
        (["--cell", "1,1", "--episode", "1"], "no policy is recorded at or before episode 1"),
    ],
)
def test_a_question_without_an_answer_says_what_to_ask(
    run_dir: Path, arguments: list[str], said: str
) -> None:
    outcome = CliRunner().invoke(group, ["ask", "--run-dir", str(run_dir), *arguments])
    assert outcome.exit_code != 0
    assert said in outcome.output + str(outcome.exception)
