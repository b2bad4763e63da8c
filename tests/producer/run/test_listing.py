"""`producer list`: every run below a directory in a line, from its log alone, as its read model says."""

import json
import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

from core.events import AffordancesRandomized, AnyEvent, RunStopped
from core.run_directory import in_folder
from producer.run.listing import list_runs
from projections.runs.catalogue import RunSummary
from projections.runs.catalogue import list_runs as list_projected
from tests.support.events import branched, finished, resumed, started
from tests.support.logs import write_log
from tests.support.processes import run_command
from tests.support.read_models import project_log


def write(folder: Path, *events: AnyEvent) -> None:
    folder.mkdir(parents=True)
    files = in_folder(folder)
    write_log(files.events, [(event, 1000.0 + at) for at, event in enumerate(events)])
    project_log(files.events, files.read_model)


def moved_after(episode: int) -> AffordancesRandomized:
    return AffordancesRandomized(episode=episode, seed=0, old=(), new=())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that recovered after a resume, a branch, a failed run, a copy, a damaged log, a newer one."""
    folder = tmp_path_factory.mktemp("many") / "runs"
    before = [finished(episode, 400) for episode in range(1, 151)]
    lost = [finished(episode, 1) for episode in range(151, 171)]
    down = [finished(episode, 100) for episode in range(151, 281)]
    up = [finished(episode, 390) for episode in range(281, 401)]
    end = RunStopped(episode=400, reason="completed")
    write(
        folder / "done",
        *[started(num_episodes=400), *before, *lost, resumed(150, 151), moved_after(150), *down, *up, end],
    )
    write(
        folder / "seeds" / "branch", started(num_episodes=9), finished(1), branched(1, 2, seed=7), finished(2)
    )
    write(folder / "failed", started(run_id="f" * 26), finished(1), RunStopped(episode=1, reason="diverged"))
    write(folder / "fresh", started(run_id="g" * 26))
    shutil.copytree(folder / "done", folder / "done-copy")
    (folder / "damaged").mkdir()
    (folder / "damaged" / "events.db").write_bytes(b"no database" * 1000)
    (folder / "newer").mkdir()
    shutil.copy(folder / "done" / "events.db", folder / "newer")
    connection = apsw.Connection(str(folder / "newer" / "events.db"))
    connection.pragma("user_version", 99)
    connection.close()
    return folder


def test_the_log_says_of_a_run_what_its_read_model_says(runs: Path) -> None:
    projected = {run.folder.name: run.summary for run in list_projected(runs)}
    of_logs = {run.name: run for run in list_runs(runs)}
    assert of_logs["done"].recovery is not None
    assert of_logs["done"].recovery.state == "recovered"
    for name in ("done", "seeds/branch", "failed", "fresh"):
        listed, summary = of_logs[name], projected[name]
        assert isinstance(summary, RunSummary)
        assert (listed.run_id, listed.seed, listed.config_name) == (
            summary.run_id, summary.seed, summary.config_name,
        )  # fmt: skip
        assert (listed.episodes, listed.planned, listed.stage) == (
            summary.episodes, summary.planned, summary.stage,
        )  # fmt: skip
        assert listed.survival == pytest.approx(summary.mean_survival)
        assert listed.recovery == summary.recovery
        assert (listed.started_at, listed.last_event_at) == (summary.started_at, summary.last_event_at)


def test_the_state_is_that_of_the_log_at_the_time_of_asking(runs: Path) -> None:
    states = {run.name: run.state for run in list_runs(runs, now=1005.0)}
    assert (states["done"], states["failed"], states["fresh"]) == ("finished", "failed", "running")
    assert {run.name: run.state for run in list_runs(runs)}["fresh"] == "silent"


def test_the_command_prints_a_table_with_a_sentence_for_what_is_wrong(runs: Path) -> None:
    done = run_command("producer", "list", "--runs", runs)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == [
        "name", "id", "state", "progress", "stage", "survival", "recovery", "parent", "started",
    ]  # fmt: skip
    row = next(line for line in lines if line.startswith("seeds/branch"))
    assert f"{'a' * 26}@1" in row
    assert "holds the same run as done (a copied directory)" in done.stdout
    assert "log schema version 99" in done.stdout
    assert "damaged" in done.stdout


def test_programs_get_json(runs: Path) -> None:
    done = run_command("producer", "list", "--runs", runs, "--format", "json")
    found: dict[str, Any] = {run["name"]: run for run in json.loads(done.stdout)}
    assert found["seeds/branch"]["branched_at"] == 1
    assert found["damaged"]["problem"]


def test_a_directory_without_runs_and_one_that_is_not_there(tmp_path: Path) -> None:
    empty = run_command("producer", "list", "--runs", tmp_path)
    assert (empty.returncode, "no run in this directory" in empty.stdout) == (0, True)
    missing = run_command("producer", "list", "--runs", tmp_path / "nowhere")
    assert missing.returncode == 78
    assert "no such directory" in missing.stderr
