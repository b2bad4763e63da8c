"""Exported datasets: every value of the tables in every format, and tables as of an episode."""

import json
from pathlib import Path

import apsw
import pyarrow
import pyarrow.parquet
import pytest

from core.errors import ConfigError, StoreError
from core.log import LogReader
from projections.engine.reader import ReadModel
from projections.engine.rebuild import build_until
from projections.export import datasets, export
from projections.readmodels import READ_MODELS
from projections.readmodels.replays import read_replay
from projections.readmodels.run import read_run
from tests.support.sqlite_shell import shell

SPECIFIED_TABLES = {
    "episodes": "episodes",
    "visits": "affordance_visits",
    "heatmap": "position_heatmap",
    "system_state": "system_state",
}


@pytest.mark.parametrize(("what", "table"), SPECIFIED_TABLES.items())
def test_csv_is_what_the_sqlite3_shell_prints(
    connection: apsw.Connection, run_dir: Path, tmp_path: Path, what: str, table: str
) -> None:
    out = tmp_path / "out.csv"
    count = export(connection, READ_MODELS, what, "csv", out)
    assert count > 0
    assert out.read_bytes() == shell(run_dir / "demo_state.db", f"SELECT * FROM {table}")


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


@pytest.mark.thorough
def test_exported_steps_are_those_of_the_replay(connection: apsw.Connection, tmp_path: Path) -> None:
    export(connection, READ_MODELS, "replays", "parquet", tmp_path / "a.parquet")
    steps = pyarrow.parquet.read_table(tmp_path / "a.parquet").to_pylist()
    for episode in (1, 137, 400):
        replay = read_replay(connection, episode)
        run = read_run(connection)
        assert replay is not None
        assert run is not None
        exported = [row for row in steps if row["episode_id"] == episode]
        assert [row["step"] for row in exported] == list(range(replay.metrics.survival_time + 1))
        assert [row["y"] * run.width + row["x"] for row in exported] == replay.path
        assert [row["action"] for row in exported[1:]] == [run.actions[action] for action in replay.actions]
        assert [[round(row[name] * 255) for name in run.meters] for row in exported] == replay.meters
        assert {row["step"]: row["used"] for row in exported if row["used"]} == {
            use.step: use.affordance for use in replay.uses
        }


@pytest.mark.thorough
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
