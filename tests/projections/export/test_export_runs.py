"""Tables of many runs as Parquet by run, and the questions of docs/howto/analysis.md put to them."""

import re
from pathlib import Path

import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result
from pyarrow import dataset

from projections.cli import group
from tests.support.many_runs import write_run
from tests.support.processes import REPOSITORY

QUESTIONS = re.findall(
    r"```sql\n(.*?)```", (REPOSITORY / "docs/howto/analysis.md").read_text(), flags=re.DOTALL
)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two seeds with each of two settings, one setting better than the other."""
    folder = tmp_path / "runs"
    for gamma, survival in ((0.9, 50), (0.95, 80)):
        for seed in (0, 1):
            write_run(
                folder / f"gamma-{gamma}-seed-{seed}", seed, survival + seed, 20, {"population.gamma": gamma}
            )
    return folder


def exported(runs: Path, out: Path, *options: str) -> Result:
    return CliRunner().invoke(group, ["export-runs", "--runs", str(runs), "--out", str(out), *options])


def test_every_run_is_a_partition_and_a_row(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "analysis"
    assert exported(runs, out, "--what", "episodes", "--what", "heartbeats").exit_code == 0
    table = pyarrow.parquet.read_table(out / "runs.parquet").to_pylist()
    assert [row["name"] for row in table] == sorted(path.name for path in runs.iterdir())
    assert [row["seed"] for row in table] == [0, 1, 0, 1]
    episodes = dataset.dataset(out / "episodes", partitioning="hive").to_table()
    assert episodes.num_rows == 4 * 20
    assert {row["run_id"] for row in table} == set(episodes["run_id"].to_pylist())
    assert (out / "heartbeats").is_dir()


@pytest.mark.parametrize("question", QUESTIONS)
def test_duckdb_answers_the_questions_of_the_manual(runs: Path, tmp_path: Path, question: str) -> None:
    duckdb = pytest.importorskip("duckdb")
    assert exported(runs, tmp_path / "analysis").exit_code == 0
    asked = question.replace("'analysis/", f"'{tmp_path}/analysis/")
    relation = duckdb.connect().execute(asked)
    names = [column[0] for column in relation.description]
    rows = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
    assert [(row["gamma"], row["runs"]) for row in rows] == [("0.9", 2), ("0.95", 2)]
    if "survival" in names:
        assert [row["survival"] for row in rows] == [50.5, 80.5]


def test_mistakes_are_named_and_nothing_is_written(runs: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no run directory" in str(exported(empty, tmp_path / "out").exception)
    assert "no such directory" in str(exported(tmp_path / "none", tmp_path / "out").exception)
    first = next(iter(sorted(runs.iterdir())))
    (first / "demo_state.db").unlink()
    assert "`projections run` makes it" in str(exported(runs, tmp_path / "out").exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "runs"]


def test_a_folder_that_is_there_is_left_alone(runs: Path) -> None:
    assert "is there already" in str(exported(runs, runs).exception)
    assert len(list(runs.iterdir())) == 4
