"""Policies from the trainer's network to an answer: recorded, projected, computed without torch, asked."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from core.codec import decode
from core.config import load_config
from core.errors import HamletError, StoreError
from core.events import CheckpointSaved, PolicyRecorded
from core.observation import sizes_of
from core.process.lock import exclusive
from core.process.sqlite import open_reader
from producer.cli import producer
from producer.environment.town import Observation
from producer.run.checkpoints import read_file
from producer.training.trainer import Trainer
from projections.cli import group
from projections.episode_ranges import expand
from projections.policy import input_gradients, network_input, q_values
from projections.readmodels.policies import Policy, read_policy
from tests.support.events import finished, started
from tests.support.logs import read_log, write_log
from tests.support.read_models import project_log
from tests.support.training import train, write_small_config

STATES = 1_000


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run of 60 episodes with a checkpoint every 20, and its read model."""
    folder = tmp_path_factory.mktemp("policies")
    config = load_config(write_small_config(folder / "small.yaml"), {"training.num_episodes": 60})
    train(folder, config)
    project_log(folder / "events.db", folder / "demo_state.db")
    return folder


def policy_at(run_dir: Path, episode: int | None) -> Policy | None:
    connection = open_reader(run_dir / "demo_state.db")
    try:
        return read_policy(connection, episode)
    finally:
        connection.close()


def recorded(run_dir: Path) -> list[PolicyRecorded]:
    events = map(decode, read_log(run_dir))
    return [event for event in events if isinstance(event, PolicyRecorded)]


def saved(run_dir: Path) -> list[CheckpointSaved]:
    events = map(decode, read_log(run_dir))
    return [event for event in events if isinstance(event, CheckpointSaved)]


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


def test_a_run_without_policies_gets_those_of_its_checkpoints(tmp_path: Path) -> None:
    config = load_config(
        write_small_config(tmp_path / "small.yaml"),
        {"training.num_episodes": 60, "recording.policy_every": 0},
    )
    train(tmp_path, config)
    assert recorded(tmp_path) == []
    checkpoints = saved(tmp_path)
    (tmp_path / "checkpoints" / checkpoints[0].checkpoint.name).write_bytes(b"damaged")
    arguments = ["record-policies", "--run-dir", str(tmp_path)]
    outcome = CliRunner().invoke(producer, arguments)
    assert isinstance(outcome.exception, StoreError)
    assert f"1 of {len(checkpoints)} checkpoints without a recorded policy cannot be read" in str(
        outcome.exception
    )
    assert f"policies recorded now: {len(checkpoints) - 1}" in str(outcome.exception)
    assert "damaged, its sha256 is not the one in the log; left out" in outcome.stderr
    assert [event.position for event in recorded(tmp_path)] == [event.position for event in checkpoints[1:]]
    project_log(tmp_path / "events.db", tmp_path / "demo_state.db")
    assert policy_at(tmp_path, checkpoints[1].episode) is not None
    # nothing is recorded twice, and what is damaged still is
    again = CliRunner().invoke(producer, arguments)
    assert "1 of 1 checkpoints" in str(again.exception)
    assert "policies recorded now: 0" in str(again.exception)

    # a later resume supersedes policies by what they stand for, not by when they were recorded
    train(tmp_path, load_config(tmp_path / "small.yaml", {"training.num_episodes": 70}))
    (tmp_path / "demo_state.db").unlink()
    project_log(tmp_path / "events.db", tmp_path / "demo_state.db")
    assert policy_at(tmp_path, checkpoints[1].episode) is not None


def test_policies_equal_those_recorded_in_training(run_dir: Path, tmp_path: Path) -> None:
    config = load_config(
        write_small_config(tmp_path / "small.yaml"),
        {"training.num_episodes": 60, "recording.policy_every": 2},
    )
    train(tmp_path, config)
    kept = [event.checkpoint for event in recorded(tmp_path)]
    assert 0 < len(kept) < len(recorded(run_dir))
    outcome = CliRunner().invoke(producer, ["record-policies", "--run-dir", str(tmp_path)])
    assert outcome.exit_code == 0, outcome.output
    by_name = {event.checkpoint: event.weights for event in recorded(tmp_path)}
    assert by_name == {event.checkpoint: event.weights for event in recorded(run_dir)}


def test_recording_policies_again_adds_nothing(run_dir: Path) -> None:
    before = read_log(run_dir)
    outcome = CliRunner().invoke(producer, ["record-policies", "--run-dir", str(run_dir)])
    assert outcome.exit_code == 0
    assert "0 policies recorded; the log has those of all kept checkpoints already" in outcome.output
    assert read_log(run_dir) == before


def test_checkpoints_that_are_not_kept_are_no_error_while_there_is_one(tmp_path: Path) -> None:
    values = {
        "training.num_episodes": 60,
        "training.checkpoint_every": 10,
        "training.keep_checkpoints": 3,
        "recording.policy_every": 0,
    }
    train(tmp_path, load_config(write_small_config(tmp_path / "small.yaml"), values))
    outcome = CliRunner().invoke(producer, ["record-policies", "--run-dir", str(tmp_path)])
    kept = [path.name for path in (tmp_path / "checkpoints").glob("checkpoint_ep?????.pt")]
    assert 0 < len(kept) < len(saved(tmp_path))
    assert outcome.exit_code == 0
    assert "without a recorded policy not kept" in outcome.stderr
    assert sorted(event.checkpoint for event in recorded(tmp_path)) == sorted(kept)
    again = CliRunner().invoke(producer, ["record-policies", "--run-dir", str(tmp_path)])
    assert again.exit_code == 0
    assert "0 policies recorded" in again.output


def refused(run_dir: Path) -> str:
    """What `producer record-policies` says of a run directory that it can do nothing with."""
    outcome = CliRunner().invoke(producer, ["record-policies", "--run-dir", str(run_dir)])
    assert isinstance(outcome.exception, HamletError)
    return str(outcome.exception)


def test_policies_of_no_run_are_not_recorded_and_nothing_is_made(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        assert refused(folder) == f"{folder / 'events.db'}: no such log; `producer run` makes it"
    assert list(tmp_path.iterdir()) == []


def test_policies_are_not_recorded_of_other_runs_checkpoints_nor_while_the_run_goes_on(
    run_dir: Path, tmp_path: Path
) -> None:
    values = {"training.num_episodes": 60, "training.checkpoint_every": 30, "recording.policy_every": 0}
    train(tmp_path, load_config(write_small_config(tmp_path / "small.yaml"), values))
    checkpoints = saved(tmp_path)
    for event in checkpoints:
        # a checkpoint of another run under the same name
        foreign = run_dir / "checkpoints" / saved(run_dir)[0].checkpoint.name
        shutil.copy(foreign, tmp_path / "checkpoints" / event.checkpoint.name)
    before = read_log(tmp_path)
    assert f"{len(checkpoints)} of {len(checkpoints)} checkpoints" in refused(tmp_path)
    assert read_log(tmp_path) == before
    with exclusive(tmp_path / "events.db", "a trainer"):
        assert "already in use by a trainer" in refused(tmp_path)
    for event in checkpoints:
        (tmp_path / "checkpoints" / event.checkpoint.name).unlink()
    assert f"none of the run's {len(checkpoints)} checkpoints is there" in refused(tmp_path)


def test_a_run_that_has_saved_no_checkpoint_has_no_policy_to_record(tmp_path: Path) -> None:
    write_log(tmp_path / "events.db", [(started(), 1.0), (finished(1), 2.0)])
    assert "no checkpoint was saved yet; the trainer saves one every" in refused(tmp_path)
    assert len(read_log(tmp_path)) == 2


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
