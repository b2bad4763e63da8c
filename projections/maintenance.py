"""The commands that look after a run's files: `export`, `backup`, `archive`, `unarchive`, `doctor`."""

from pathlib import Path

import click

from core.errors import StoreError
from core.log import LogReader
from core.process.command_line import new_folder_option, run_dir_option
from core.run_directory import RunDirectory
from projections.archive import archive, unarchive
from projections.backup import backup as copy_log
from projections.doctor import Finding, examine
from projections.engine.reader import read_once
from projections.export import FORMATS, TENSORBOARD, datasets, export, require_episode, write_rows
from projections.export import log as raw_log
from projections.export.metadata import metadata
from projections.readmodels import READ_MODELS

EVENTS = "events"
COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


@click.command("export")
@run_dir_option
@click.option(
    "--what", type=click.Choice([*datasets(READ_MODELS), EVENTS]), required=True, help="Which table."
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice([*FORMATS, TENSORBOARD]),
    default="csv",
    show_default=True,
    help="csv as the sqlite3 shell prints it; parquet, jsonl keep every bit; tensorboard: event files.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="File to write; for tensorboard a folder."
)
@click.option("--as-of", type=int, metavar="EPISODE", help="Only what was there at the end of this episode.")
def export_(run: RunDirectory, what: str, file_format: str, out: Path, as_of: int | None) -> None:
    """Write a table to a file for analysis, as CSV, Parquet, JSON Lines or for TensorBoard.

    What the file is (run id, configuration, seed, table, columns) is in the metadata of a Parquet file, else
    in FILE.meta.json.
    """
    if out.is_dir() and file_format != TENSORBOARD:
        raise click.BadParameter(f"{out} is a directory", param_hint="--out")
    if what == EVENTS and file_format == TENSORBOARD:
        raise click.UsageError(
            "--format tensorboard writes a table of numbers by episode; --what events has none"
        )
    if what == EVENTS:
        count = _export_events(run, file_format, out, as_of)
    else:
        with read_once(run.read_model) as connection:
            count = export(connection, READ_MODELS, what, file_format, out, as_of)
    click.echo(f"{out}: {count} rows")


def _export_events(run: RunDirectory, file_format: str, out: Path, as_of: int | None) -> int:
    log = LogReader(run.events)
    try:
        until = log.head()
        if as_of is not None:
            with read_once(run.read_model) as connection:
                require_episode(connection, as_of)
                until = raw_log.end_of_episode(connection, log, as_of)
        name = raw_log.run_name(log)
        about = metadata(name, EVENTS, raw_log.COLUMNS, as_of) if name is not None else None
        return write_rows(raw_log.event_rows(log, until), raw_log.COLUMNS, file_format, out, about)
    finally:
        log.close()


@click.command()
@run_dir_option
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File that gets the copy."
)
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Copies to keep: the newest is FILE, the ones before it FILE.1, FILE.2, …",
)
def backup(run: RunDirectory, out: Path, keep: int) -> None:
    """Copy the log as it is now, while the trainer goes on; the read models can be rebuilt from it.

    An older copy of the same log is replaced as a whole; any other file is left alone.
    """
    position = copy_log(run.events, out, keep=keep)
    click.echo(f"{out}: everything up to position {position}, {out.stat().st_size / 1e6:.1f} MB")


@click.command("archive")
@run_dir_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that gets the file; without it the folder that holds the run directory.",
)
@click.option("--keep", is_flag=True, help="Leave the run directory; without this it is removed in the end.")
def archive_(run: RunDirectory, out: Path | None, keep: bool) -> None:
    """Move a run that has ended into one compressed file (tar, zstd) with its digest in the name.

    Everything is in it but the read model, which can be rebuilt. The file is read back before anything is
    removed.
    """
    made = archive(run, out if out is not None else run.events.parent.absolute().parent, keep)
    click.echo(f"{made.path}: {made.bytes / 1e6:.1f} MB, of {made.unpacked_bytes / 1e6:.1f} MB")


@click.command("unarchive")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@new_folder_option("--run-dir", "folder", "New run directory that gets the files.")
def unarchive_(file: Path, folder: Path) -> None:
    """Make a run directory from an archive; the archive stays, and nothing is made if it is damaged."""
    unarchive(file, folder)
    click.echo(
        f"{folder}: unpacked; `projections run --run-dir {folder} --until-caught-up` makes its read model"
    )


@click.command()
@run_dir_option
@click.option("--quick", is_flag=True, help="Look at samples where looking at all would take long.")
@click.option("--thorough", is_flag=True, help="Compare every row with the log, as long as a rebuild takes.")
def doctor(run: RunDirectory, quick: bool, thorough: bool) -> None:
    """Check everything without changing it; says what is wrong and what to do about it."""
    problems = 0
    for finding in examine(run, READ_MODELS, quick, thorough):
        problems += finding.level == "problem"
        click.echo(_line(finding))
    if problems:
        raise StoreError(f"{problems} problem{'s' if problems > 1 else ''} found in this run, see above")


def _line(finding: Finding) -> str:
    level = click.style(f"{finding.level:<8}", fg=COLOURS[finding.level])
    advice = f"\n{'':10}→ {finding.advice}" if finding.advice else ""
    return f"{level} {finding.subject}: {finding.said}{advice}"
