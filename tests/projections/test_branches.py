"""The log of a branch: read models name it and its parent, and all else is as in the parent's."""

from pathlib import Path

import msgspec
import pytest

from core.config import load_config
from core.log import LogReader
from core.process.signals import ShutdownSignal
from core.run_directory import in_folder
from producer.run.branch import Branching, branch
from producer.run.console import Console
from producer.run.status import report
from projections.doctor.checkpoints import examine_checkpoints
from projections.engine.reader import ReadModel
from projections.readmodels.annotations import read_annotations
from projections.readmodels.checkpoints import read_checkpoint
from projections.readmodels.run import Run, read_run
from projections.readmodels.scorecard import read_recovery
from projections.state import State, read_state
from projections.status import render, status_of
from tests.support.events import branched, finished, resumed, started
from tests.support.read_models import ReadModelKit, project_log
from tests.support.training import train, write_small_config

SHORTER = {"training.max_steps_per_episode": (200, 100), "curriculum.start_stage": (1, 2)}


def run_of(kit: ReadModelKit) -> Run:
    run = kit.ask(read_run)
    assert isinstance(run, Run)
    return run


def test_a_run_that_is_no_branch_has_no_parent(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1))
    assert run_of(kit).parent is None


def test_the_branch_has_its_own_name_and_configuration_and_names_its_parent(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1), branched(1, 2, changes=SHORTER, num_episodes=20, seed=7, future=2))
    run = run_of(kit)
    assert (run.run_id, run.num_episodes) == ("b" * 26, 20)
    assert run.parent is not None
    assert (run.parent.run_id, run.parent.episode, run.parent.position) == ("a" * 26, 1, 2)
    assert (run.parent.changes, run.parent.seed, run.parent.future) == (SHORTER, 7, 2)
    assert not run.parent.layout_changed
    kit.when(resumed(1, 3))
    assert run_of(kit).run_id == "b" * 26


def test_the_timeline_the_checkpoints_and_the_recovery_know_the_branch_point(kit: ReadModelKit) -> None:
    kit.given(
        started(),
        finished(1),
        branched(1, 2, changes={"training.randomize_affordances_at": (2, None)}),
        finished(2),
    )
    marks = [(mark.kind, mark.episode, mark.text) for mark in kit.ask(read_annotations)]
    assert ("branched", 1, f"branched from run {'a' * 26}") in marks
    assert kit.ask(lambda connection: read_checkpoint(connection, 2)) == "checkpoint_ep00002.pt"
    assert kit.ask(lambda connection: read_recovery(connection, 0)).state == "not moved yet"
    assert kit.ask(lambda connection: read_recovery(connection, 2)).state == "not part of this run"


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small run and its branch without a change, both projected."""
    folder = tmp_path_factory.mktemp("family")
    small = write_small_config(folder / "small.yaml")
    train(folder / "parent", load_config(small, {"training.num_episodes": 80}))
    asked = Branching(folder / "parent", 30, folder / "branch")
    branch(asked, Console(), ShutdownSignal())
    for name in ("parent", "branch"):
        files = in_folder(folder / name)
        project_log(files.events, files.read_model)
    return folder / "parent", folder / "branch"


def states(run_dir: Path) -> list[State]:
    """The states at some episodes, less times and the names of files, which a branch has of its own."""
    model = ReadModel(in_folder(run_dir).read_model)
    with model.snapshot() as connection:
        assert connection is not None
        found = [read_state(connection, episode) for episode in (10, 30, 55, 80)]
    model.close()
    return [
        msgspec.structs.replace(
            state,
            metrics=msgspec.structs.replace(state.metrics, timestamp=0.0),
            checkpoint=None,
            policy=None,
        )
        for state in found
        if state is not None
    ]


def test_a_branch_without_a_change_has_the_states_of_its_parent(family: tuple[Path, Path]) -> None:
    parent, child = family
    assert len(states(parent)) == 4
    assert states(child) == states(parent)


def test_both_status_commands_name_the_parent(family: tuple[Path, Path]) -> None:
    parent, child = family
    status = status_of(in_folder(child))
    assert status.parent is not None
    origin = f"branched from {status.parent} at episode {status.branched_at}"
    assert origin in render(status)
    assert status.run_id != status.parent
    assert report(in_folder(child))[0].endswith(f" {origin}")
    assert str(status.run_id) in report(in_folder(child))[0]
    assert status_of(in_folder(parent)).parent is None
    assert "branched" not in report(in_folder(parent))[0]


def test_the_doctor_does_not_miss_the_parents_files_in_a_branch(family: tuple[Path, Path]) -> None:
    _, child = family
    files = in_folder(child)
    log = LogReader(files.events)
    try:
        assert [finding.level for finding in examine_checkpoints(files.checkpoints, log, quick=False)] == [
            "ok"
        ]
        name = next(iter(files.checkpoints.glob("*.pt"))).name
        (files.checkpoints / name).rename(files.checkpoints / "away")
        levels = [finding.level for finding in examine_checkpoints(files.checkpoints, log, quick=False)]
        (files.checkpoints / "away").rename(files.checkpoints / name)
        assert levels != ["ok"]
    finally:
        log.close()
