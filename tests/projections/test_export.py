"""Exports: the specification's tables as the sqlite3 shell prints them, every bit in Parquet and JSON Lines.

Cut at any episode as if the log had ended there; whole or not at all; in flat memory.
"""

import json
import math
import random
import sqlite3
import struct
import subprocess
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner

from core.errors import ConfigError, StoreError
from core.log import LogReader
from projections.cli import group
from projections.engine.dataset import Column
from projections.engine.reader import ReadModel
from projections.engine.rebuild import build_until
from projections.export import FORMATS, datasets, export, formats, write_rows
from projections.readmodels import READ_MODELS
from projections.readmodels.replays import read_replay
from projections.readmodels.run import read_run
from tests.support.logs import write_log
from tests.support.read_models import project_log

Timed = tuple[Any, float]

RAW_EVENTS = "SELECT position, recorded_at, type, version, payload, lower(hex(digest)) AS digest FROM events"

SPECIFIED_TABLES = {
    "episodes": "episodes",
    "visits": "affordance_visits",
    "heatmap": "position_heatmap",
    "system_state": "system_state",
}


@pytest.fixture(scope="module")
def run_dir(
    tmp_path_factory: pytest.TempPathFactory,
    events_with_crashes: list[Timed],
) -> Path:
    """A run of 400 episodes with five crashes, projected."""
    folder = tmp_path_factory.mktemp("run")
    project_log(write_log(folder / "events.db", events_with_crashes), folder / "demo_state.db")
    return folder


@pytest.fixture
def connection(run_dir: Path) -> Iterator[apsw.Connection]:
    model = ReadModel(run_dir / "demo_state.db")
    with model.snapshot() as connection:
        assert connection is not None
        yield connection
    model.close()


def shell(database: Path, query: str) -> bytes:
    """What the real sqlite3 shell prints; of another version than Python's library it may round otherwise."""
    version = subprocess.run(["sqlite3", "--version"], capture_output=True, text=True, check=True).stdout
    if version.split()[0] != sqlite3.sqlite_version:
        pytest.skip(f"shell {version.split()[0]}, Python's library {sqlite3.sqlite_version}")
    return subprocess.run(
        ["sqlite3", "-readonly", "-csv", "-header", database, query],
        capture_output=True,
        timeout=120,
        check=True,
    ).stdout


# ---- CSV


@pytest.mark.parametrize(("what", "table"), SPECIFIED_TABLES.items())
def test_csv_is_what_the_sqlite3_shell_prints(
    connection: apsw.Connection, run_dir: Path, tmp_path: Path, what: str, table: str
) -> None:
    out = tmp_path / "out.csv"
    count = export(connection, READ_MODELS, what, "csv", out)
    assert count > 0
    assert out.read_bytes() == shell(run_dir / "demo_state.db", f"SELECT * FROM {table}")


def test_awkward_values_are_printed_as_the_shell_does(tmp_path: Path) -> None:
    numbers = random.Random(0)
    doubles = [struct.unpack("d", numbers.randbytes(8))[0] for _ in range(200)]
    reals = [x for x in doubles if math.isfinite(x) and 1e-290 < abs(x) < 1e290]
    reals += [numbers.uniform(-500.0, 500.0) for _ in range(500)]
    reals += np.arange(1, 31_000, 61, dtype=np.uint16).view(np.float16).astype(float).tolist()  # ties
    reals += [0.0, -0.0, 1.0, -1.0, 1e15, 1e16, -1e20, 1e-4, 1e-5, 0.1 + 0.2, 1 / 3, math.inf, -math.inf]
    texts = [
        None, "", "plain", "two words", 'a "quoted" word', "it's", "comma,comma", "line\nbreak", "tab\t",
        "\x1f", "\x7f", "€", "naïve", "semi;colon", "#%&()*+-./:<=>?@[]^_`{|}~", "\\N", "NULL", " ",
    ]  # fmt: skip
    integers = [None, 0, -1, 2**63 - 1, -(2**63)]
    rows = [
        (integers[i % len(integers)], reals[i] if i % 50 else None, texts[i % len(texts)])
        for i in range(len(reals))
    ]
    database = apsw.Connection(str(tmp_path / "a.db"))
    database.execute('CREATE TABLE t (n INTEGER, x REAL, "a text" TEXT)')
    with database:
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    database.close()
    columns = (Column("n", "integer", ""), Column("x", "real", ""), Column("a text", "text", ""))
    write_rows(rows, columns, "csv", tmp_path / "a.csv")
    ours = (tmp_path / "a.csv").read_bytes()
    assert ours == shell(tmp_path / "a.db", "SELECT * FROM t")


# ---- Parquet and JSON Lines

NOT_SYNTHETIC = ("policies",)
"""The synthetic run trains no network; `tests/test_policies.py` exports the policies of a real run."""


@pytest.mark.parametrize("what", [name for name in datasets(READ_MODELS) if name not in NOT_SYNTHETIC])
def test_parquet_and_json_lines_keep_every_bit(
    connection: apsw.Connection, tmp_path: Path, what: str
) -> None:
    dataset = datasets(READ_MODELS)[what]
    columns = dataset.columns(connection)
    until = 40 if what == "replays" else None
    expected = list(dataset.rows(connection, until or 2**62))
    assert expected
    names = [column.name for column in columns]

    assert export(connection, READ_MODELS, what, "parquet", tmp_path / "a.parquet", until) == len(expected)
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert table.column_names == names
    assert [tuple(row.values()) for row in table.to_pylist()] == expected
    arrow = {"integer": "int64", "real": "double", "text": "string", "json": "string"}
    for column, field in zip(columns, table.schema, strict=True):
        assert str(field.type) == arrow[column.kind]
        assert field.metadata == {b"description": column.about.encode()}
        assert len(column.about) > 5

    assert export(connection, READ_MODELS, what, "jsonl", tmp_path / "a.jsonl", until) == len(expected)
    objects = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    nested = {column.name for column in columns if column.kind == "json"}
    assert [list(found) for found in objects] == [names] * len(expected)
    for found, row in zip(objects, expected, strict=True):
        for name, value in zip(names, row, strict=True):
            assert found[name] == (json.loads(value) if name in nested else value)


def test_the_meters_of_a_life_are_those_of_its_replay(connection: apsw.Connection, tmp_path: Path) -> None:
    export(connection, READ_MODELS, "replays", "parquet", tmp_path / "a.parquet")
    steps = pyarrow.parquet.read_table(tmp_path / "a.parquet").to_pylist()
    for episode in (1, 137, 400):
        replay = read_replay(connection, episode)
        run = read_run(connection)
        assert replay is not None
        assert run is not None
        mine = [row for row in steps if row["episode_id"] == episode]
        assert [row["step"] for row in mine] == list(range(replay.metrics.survival_time + 1))
        assert [row["y"] * run.width + row["x"] for row in mine] == replay.path
        assert [row["action"] for row in mine[1:]] == [run.actions[action] for action in replay.actions]
        assert [[round(row[name] * 255) for name in run.meters] for row in mine] == replay.meters
        assert {row["step"]: row["used"] for row in mine if row["used"]} == {
            use.step: use.affordance for use in replay.uses
        }


# ---- as of an episode


@pytest.mark.parametrize("episode", [99, 333])
def test_as_of_an_episode_is_what_was_there_when_the_log_ended_there(
    connection: apsw.Connection, run_dir: Path, tmp_path: Path, episode: int
) -> None:
    """Beside a fresh replay of the log up to that episode, of its last attempt."""
    position = connection.execute("SELECT position FROM episode_details WHERE episode_id = ?", (episode,)).get
    log = LogReader(run_dir / "events.db")
    later = [event.position for event in log.read(position, 50) if event.type == "episode_finished"]
    log.close()
    past = tmp_path / "past.db"
    build_until(past, run_dir / "events.db", READ_MODELS, later[0] - 1)
    model = ReadModel(past)
    with model.snapshot() as then:
        assert then is not None
        for what in ("episodes", "visits", "heatmap", "episode_details", "replays", "stages"):
            export(connection, READ_MODELS, what, "csv", tmp_path / "now.csv", as_of=episode)
            export(then, READ_MODELS, what, "csv", tmp_path / "then.csv")
            assert (tmp_path / "now.csv").read_bytes() == (tmp_path / "then.csv").read_bytes(), what
    model.close()


def test_an_episode_that_is_not_there_is_named(connection: apsw.Connection, tmp_path: Path) -> None:
    for episode in (0, 401):
        with pytest.raises(StoreError, match=f"there is no episode {episode}; the run has 1 to 400"):
            export(connection, READ_MODELS, "episodes", "csv", tmp_path / "a.csv", as_of=episode)
    with pytest.raises(ConfigError, match="attempts cannot be cut at an episode"):
        export(connection, READ_MODELS, "attempts", "csv", tmp_path / "a.csv", as_of=3)
    assert list(tmp_path.iterdir()) == []


# ---- files


def test_names_nobody_knows_are_answered_with_those_there_are(
    connection: apsw.Connection, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"no dataset 'epsiodes'; there are episodes, episode_details"):
        export(connection, READ_MODELS, "epsiodes", "csv", tmp_path / "a")
    with pytest.raises(ConfigError, match="no format 'xls'; there are csv, parquet, jsonl"):
        export(connection, READ_MODELS, "episodes", "xls", tmp_path / "a")


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, file_format: str) -> None:
    out = tmp_path / "out"
    out.write_text("what was there before")

    def rows() -> Iterator[tuple[int]]:
        for number in range(50_000):
            assert out.read_text() == "what was there before"
            yield (number,)
        raise StoreError("the source broke off")

    with pytest.raises(StoreError, match="broke off"):
        write_rows(rows(), (Column("n", "integer", "number"),), file_format, out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert out.read_text() == "what was there before"


def test_a_place_that_cannot_be_written_is_named(connection: apsw.Connection, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/out\.csv: cannot be written"):
        export(connection, READ_MODELS, "episodes", "csv", tmp_path / "file" / "out.csv")


@pytest.mark.parametrize("file_format", FORMATS)
def test_memory_does_not_grow_with_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    monkeypatch.setattr(formats, "CHUNK", 1_000)
    columns = (Column("n", "integer", ""), Column("x", "real", ""), Column("t", "text", ""))

    def peak(count: int) -> int:
        rows = ((n, n / 7, f"row {n}") for n in range(count))
        tracemalloc.reset_peak()
        write_rows(rows, columns, file_format, tmp_path / "out")
        arrow = pyarrow.default_memory_pool().max_memory() if file_format == "parquet" else 0
        return tracemalloc.get_traced_memory()[1] + arrow

    peak(1_000)  # what is loaded once
    tracemalloc.start()
    try:
        few, many = peak(5_000), peak(50_000)
    finally:
        tracemalloc.stop()
    assert many < 1.25 * few


# ---- the command


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
