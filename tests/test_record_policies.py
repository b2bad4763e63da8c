"""`producer record-policies`: the policies of kept checkpoints, for a run that has recorded none."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.config import load_config
from core.errors import HamletError, StoreError
from core.process.lock import exclusive
from producer.cli import producer
from tests.support.events import finished, started
from tests.support.logs import read_log, write_log
from tests.support.policy_run import policy_at, recorded, saved, train_with_policies
from tests.support.read_models import project_log
from tests.support.training import train, write_small_config


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run of 60 episodes with a checkpoint every 20, and its read model."""
    return train_with_policies(tmp_path_factory.mktemp("policies"))


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
