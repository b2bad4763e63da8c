"""The command `projections export`."""

import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner

from core.errors import StoreError
from projections.cli import group
from projections.engine.reader import ReadModel
from projections.export import FORMATS, datasets
from projections.readmodels import READ_MODELS
from projections.readmodels.run import read_run
from tests.support.sqlite_shell import shell

RAW_EVENTS = "SELECT position, recorded_at, type, version, payload, lower(hex(digest)) AS digest FROM events"


@pytest.mark.thorough
def test_the_command_exports_every_table(run_dir: Path, tmp_path: Path) -> None:
    for what in [*datasets(READ_MODELS), "events"]:
        arguments = ["export", "--run-dir", run_dir, "--what", what, "--out", tmp_path / f"{what}.csv"]
        outcome = CliRunner().invoke(group, list(map(str, arguments)))
        assert outcome.exit_code == 0, outcome.output
        lines = (tmp_path / f"{what}.csv").read_bytes().count(b"\n")
        assert outcome.output == f"{tmp_path / what}.csv: {lines - 1} rows\n"


def test_raw_events_are_those_of_the_log(run_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "events.csv"
    arguments = ["export", "--run-dir", str(run_dir), "--what", "events", "--out", str(out)]
    assert CliRunner().invoke(group, arguments).exit_code == 0
    assert out.read_bytes() == shell(run_dir / "events.db", RAW_EVENTS)

    cut = tmp_path / "cut.jsonl"
    arguments[-1] = str(cut)
    assert CliRunner().invoke(group, [*arguments, "--format", "jsonl", "--as-of", "120"]).exit_code == 0
    *_, last = [json.loads(line) for line in cut.read_text().splitlines()]
    finished = [
        event["payload"]["episode"]
        for line in cut.read_text().splitlines()
        if (event := json.loads(line))["type"] == "episode_finished"
    ]
    assert finished[-1] == 120
    assert last["position"] == len(cut.read_text().splitlines())


def test_a_run_without_read_models_is_named(tmp_path: Path) -> None:
    arguments = ["export", "--run-dir", tmp_path, "--what", "episodes", "--out", tmp_path / "a.csv"]
    outcome = CliRunner().invoke(group, list(map(str, arguments)))
    assert isinstance(outcome.exception, StoreError)
    assert str(outcome.exception).endswith("demo_state.db: no such read model; `projections run` makes it")


@pytest.mark.parametrize("what", ["episodes", "events"])
@pytest.mark.parametrize("file_format", list(FORMATS))
def test_a_file_says_which_run_and_table_it_is(
    run_dir: Path, tmp_path: Path, what: str, file_format: str
) -> None:
    """CSV and JSON Lines have no place for it in the file, so it stands beside them."""
    out = tmp_path / f"table.{file_format}"
    arguments = ["--run-dir", run_dir, "--what", what, "--format", file_format, "--as-of", "30"]
    outcome = CliRunner().invoke(group, ["export", *map(str, arguments), "--out", str(out)])
    assert outcome.exit_code == 0, outcome.output
    beside = tmp_path / f"{out.name}.meta.json"
    if file_format == "parquet":
        about = json.loads(pyarrow.parquet.read_schema(out).metadata[b"hamlet"])
        assert not beside.exists()
    else:
        about = json.loads(beside.read_text())
    model = ReadModel(run_dir / "demo_state.db")
    with model.snapshot() as connection:
        assert connection is not None
        run = read_run(connection)
    model.close()
    assert run is not None
    assert (about["run_id"], about["config_name"], about["seed"]) == (run.run_id, run.config_name, run.seed)
    assert (about["dataset"], about["as_of"]) == (what, 30)
    assert about["columns"]


def test_the_status_names_the_run(run_dir: Path) -> None:
    outcome = CliRunner().invoke(group, ["status", "--run-dir", str(run_dir), "--json"])
    run_id = json.loads(outcome.output)["run_id"]
    assert len(run_id) == 26
    outcome = CliRunner().invoke(group, ["status", "--run-dir", str(run_dir)])
    assert outcome.output.startswith(f"run {run_id}\n")
