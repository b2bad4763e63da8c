"""`projections export-runs`: tables of many runs as Parquet, one partition for each run.

The folder has `runs.parquet`, a row for each run, and for each table a folder whose parts are named
`run_id=ID/part-0.parquet`: what DuckDB, Polars, Spark and pyarrow read as one table with a column `run_id`.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from core.errors import ConfigError, StoreError
from core.process.command_line import new_folder_option
from core.process.files import sync_directory
from core.run_folders import RunFolder, find_runs, require_folder
from projections.engine.dataset import Column
from projections.engine.reader import read_once
from projections.export import datasets, export, write_rows
from projections.readmodels import READ_MODELS
from projections.runs.reading import RunReading, read_one_run

__all__ = ["export_runs", "write_partitions"]

RUNS = (
    Column("run_id", "text", "Id of the run"),
    Column("name", "text", "Path of the run directory below the directory of many"),
    Column("config_name", "text", "Name of the configuration"),
    Column("seed", "integer", "Seed of the run"),
    Column("parent_run_id", "text", "Id of the run that this one was branched from; NULL in no branch"),
    Column("state", "text", "How the run is: finished, running, stopped, failed or silent"),
    Column("episodes", "integer", "Finished episodes"),
    Column("stage", "integer", "Stage of the curriculum, from 1"),
    Column("mean_survival", "real", "Mean survival of the newest window, in steps"),
    Column("recovery_state", "text", "What the move of the affordances has come to"),
    Column("survival_before_move", "real", "Mean survival before the move, in steps"),
    Column("recovery_episodes", "integer", "Episodes from the move to the recovery; NULL before it"),
    Column("config", "json", "The configuration, as JSON"),
)


@click.command("export-runs")
@click.option(
    "--runs",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Directory of many run directories, each with its read model.",
)
@click.option(
    "--what",
    "names",
    multiple=True,
    type=click.Choice([*datasets(READ_MODELS)]),
    default=("episodes",),
    show_default=True,
    help="Which table; may be given several times.",
)
@new_folder_option("--out", "out", "New folder that gets the files.")
def export_runs(folder: Path, names: tuple[str, ...], out: Path) -> None:
    """Write tables of many runs as Parquet, partitioned by run id, and a table of the runs themselves."""
    count = write_partitions(find_runs(require_folder(folder)), dict.fromkeys(names), out, folder)
    click.echo(f"{out}: {count} runs")


def write_partitions(runs: Sequence[RunFolder], names: dict[str, None], out: Path, folder: Path) -> int:
    """Write the folder `out`, which appears whole or not at all; give the number of runs.

    Raises:
        ConfigError: there is no run, or two directories hold the same run.
        StoreError: a run has no read model or has not begun, or the folder is there or cannot be written.
    """
    if not runs:
        raise ConfigError(f"--runs {folder}: no run directory in there")
    if out.exists() and any(out.iterdir()):
        raise StoreError(f"{out}: is there already; choose another folder")
    unfinished = out.with_name(f".{out.name}.unfinished-{os.getpid()}")
    try:
        rows: dict[str, tuple[Any, ...]] = {}
        for run in runs:
            row = _write_run(run, names, unfinished)
            if row[0] in rows:
                raise ConfigError(
                    f"{run.path}: holds the same run as {rows[row[0]][1]}; move one of the two away"
                )
            rows[row[0]] = row
        write_rows(rows.values(), RUNS, "parquet", unfinished / "runs.parquet")
        unfinished.rename(out)
        sync_directory(out.absolute().parent)
    except OSError as error:
        raise StoreError(f"{out}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return len(rows)


def _write_run(run: RunFolder, names: dict[str, None], out: Path) -> tuple[Any, ...]:
    """Write the partitions of one run, all of one moment; its row in the table of runs."""
    with read_once(run.files.read_model) as connection:
        reading = read_one_run(connection)
        if not isinstance(reading, RunReading):
            raise StoreError(f"{run.files.read_model}: the run has not begun, or a projector is stopped")
        for name in names:
            part = out / name / f"run_id={reading.run.run_id}" / "part-0.parquet"
            export(connection, READ_MODELS, name, "parquet", part)
        return _row(run.name, reading)


def _row(name: str, reading: RunReading) -> tuple[Any, ...]:
    run, recovery = reading.run, reading.recovery
    return (
        run.run_id,
        name,
        run.config_name,
        run.seed,
        run.parent.run_id if run.parent is not None else None,
        reading.state,
        reading.metrics.episode_id if reading.metrics is not None else 0,
        reading.stage,
        reading.mean_survival,
        recovery.state if recovery is not None else None,
        recovery.before if recovery is not None else None,
        recovery.episodes if recovery is not None else None,
        msgspec.json.encode(reading.config).decode(),
    )
