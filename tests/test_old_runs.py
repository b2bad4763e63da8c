"""Runs that earlier programs left behind are read and rebuilt by the present one; see tests/golden/runs."""

import json
import shutil
from pathlib import Path

import pytest

from core.codec import decode
from core.config import learning_config, load_config, recorded_config
from core.events import (
    AffordancesUsed,
    CheckpointSaved,
    EpisodeFinished,
    EpisodeTraced,
    ExplorationChanged,
    RunResumed,
    RunStarted,
)
from core.log import LogReader
from producer.run.lineage import read_past
from tests.support.logs import learning_events
from tests.support.processes import run_command, run_successfully

RUNS = Path(__file__).parent / "golden" / "runs"
FORMAT_1 = RUNS / "format1"


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return shutil.copytree(FORMAT_1, tmp_path / "run")


@pytest.fixture
def log(run_dir: Path) -> LogReader:
    return LogReader(run_dir / "events.db")


def test_every_event_decodes_to_its_present_type_and_version(log: LogReader) -> None:
    records = log.read(0, 10_000)
    events = [decode(record) for record in records]
    assert [record.position for record in records] == list(range(1, 341))
    assert {record.version for record in records} == {1}
    finished = [event for event in events if isinstance(event, EpisodeFinished)]
    assert len(finished) == 80
    assert all(event.born_stage == event.curriculum_stage for event in finished)
    assert sum(isinstance(event, AffordancesUsed) for event in events) == 80
    assert sum(isinstance(event, EpisodeTraced) for event in events) == 80
    assert [event.reason for event in events if isinstance(event, ExplorationChanged)] == [
        "annealing",
        "drop",
    ]
    (resumed,) = [event for event in events if isinstance(event, RunResumed)]
    assert resumed.config_changes == {"exploration.drop_epsilon": (0.3, 0.25)}
    assert (resumed.packages, resumed.device, resumed.exact) == ({}, "", None)


def test_the_start_of_the_run_says_what_a_new_one_says(log: LogReader) -> None:
    (record,) = log.milestones(RunStarted)
    started = decode(record)
    assert isinstance(started, RunStarted)
    assert started.run_id == "njsccixptb73xgjxkrcsfvjqfe"
    assert [stage.reward for stage in started.curriculum.stages] == ["shaped", "sparse"]
    assert all(stage.name and stage.meaning for stage in started.curriculum.stages)
    assert (started.curriculum.advance_at, started.curriculum.retreat_at) == (24.0, 12.0)
    assert started.wages == {"Job": 30.0}


def test_the_rare_events_are_found_by_the_index_of_the_old_log(log: LogReader) -> None:
    assert len(log.milestones(CheckpointSaved)) == 4
    explained: list[str] = []
    connection = log._connection
    connection.set_exec_trace(lambda _cursor, sql, _bindings: explained.append(sql) or True)
    log.milestones(CheckpointSaved)
    connection.set_exec_trace(None)
    plan = connection.execute(f"EXPLAIN QUERY PLAN {explained[0]}", ("checkpoint_saved",)).fetchall()
    assert "events_milestones" in str(plan)


def test_the_configuration_of_the_run_is_that_of_today_s_file(log: LogReader, run_dir: Path) -> None:
    past = read_past(log)
    assert past is not None
    recorded = recorded_config(past.config, "the log")
    assert learning_config(recorded) == learning_config(load_config(run_dir / "config.yaml"))


def test_every_read_model_is_built_and_rebuilt_from_it(run_dir: Path) -> None:
    run_successfully("projections", "run", "--run-dir", run_dir, "--until-caught-up")
    run_successfully("projections", "rebuild", "--run-dir", run_dir)
    status = json.loads(run_command("projections", "status", "--run-dir", run_dir, "--json").stdout)
    projectors = status["projectors"]
    assert projectors
    assert {projector["position"] for projector in projectors} == {340}
    assert not any(projector["poison"] for projector in projectors)


def test_training_continues_from_its_checkpoint(run_dir: Path) -> None:
    run_successfully(
        "producer", "run", "--config", run_dir / "config.yaml", "--run-dir", run_dir, "--episodes", "70"
    )
    finished = [event for event in learning_events(run_dir) if isinstance(event, EpisodeFinished)]
    assert [event.episode for event in finished] == list(range(1, 71))


def test_its_checkpoint_is_evaluated(run_dir: Path) -> None:
    checkpoint = run_dir / "checkpoints" / "checkpoint_ep00060.pt"
    output = run_successfully("producer", "evaluate", "--checkpoint", checkpoint, "--episodes", "5")
    assert "stage 2, layout trained" in output
    assert "greedy, 5 episodes" in output
