"""The `projections` command: options, one call of the module that does the work, and text."""

import sys
import threading
from pathlib import Path
from typing import Any

import click
import msgspec

from core.errors import StoreError
from core.process.command_line import run_command, run_dir_option, runs_option, version_option
from core.process.logs import log_to_stderr
from core.process.output import protect_output
from core.process.signals import ShutdownSignal
from core.process.whole_file import kept_whole
from core.run_directory import RunDirectory
from projections.compare.command import compare
from projections.engine import process
from projections.engine.many import run_all
from projections.engine.progress import progress_on
from projections.engine.reader import read_once
from projections.engine.rebuild import build_until, temporary_read_model
from projections.engine.rebuild import rebuild as rebuild_live
from projections.export_runs import export_runs
from projections.maintenance import archive_, backup, doctor, export_, unarchive_
from projections.pack.command import pack
from projections.policy_commands import ask, policy
from projections.readmodels import READ_MODELS
from projections.replicate_command import replicate
from projections.runs.reading import has_ended
from projections.state import no_state, read_parts
from projections.status import render, status_of


@click.group()
@version_option
def group() -> None:
    """Fill demo_state.db from the event log, and read it."""


@group.command("run")
@run_dir_option
@runs_option
@click.option("--until-caught-up", is_flag=True, help="End once the end of the log is reached.")
@click.option("--skip", type=int, metavar="POSITION", help="Skip the event that stopped a projector.")
def run_(run: RunDirectory | None, runs: Path | None, until_caught_up: bool, skip: int | None) -> None:
    """Keep the read models at the end of the log; with --runs those of every run below a directory."""
    protect_output()
    log_to_stderr()
    stop = _stop_on_signals()
    if runs is not None:
        if skip is not None:
            raise click.UsageError("--skip needs --run-dir: a position is one of a single log")
        run_all(runs, READ_MODELS, has_ended, stop, process.watched_memory(), until_caught_up)
        return
    assert run is not None
    process.run(run.read_model, run.events, READ_MODELS, stop, until_caught_up, skip)


@group.command()
@run_dir_option
@click.argument("names", nargs=-1)
@click.option("--until", type=int, metavar="POSITION", help="Only up to this log position; needs --out.")
@click.option("--out", type=click.Path(path_type=Path), help="Write this file instead of the live one.")
def rebuild(run: RunDirectory, names: tuple[str, ...], until: int | None, out: Path | None) -> None:
    """Rebuild the read models from the log, beside the live file, and swap them in.

    NAMES are read models (all without any). Readers and a running projector go on meanwhile.
    """
    if until is not None and out is None:
        raise click.UsageError("--until needs --out FILE: the live file always stands at the end of the log")
    if out is not None and names:
        raise click.UsageError("--out makes a complete file; leave out the names")
    with progress_on(sys.stderr) as progress, kept_whole(run.events, run.read_model):
        if out is not None:
            reached = build_until(out, run.events, READ_MODELS, until, progress)
            click.echo(f"{out}: complete up to position {reached}")
            return
        rebuilt = rebuild_live(run.read_model, run.events, READ_MODELS, names, progress)
    click.echo(f"{run.read_model}: {', '.join(rebuilt.names)} rebuilt up to position {rebuilt.position}")
    for name, reason in rebuilt.poisoned.items():
        click.echo(f"warning: {name} is stopped by {reason}", err=True)


@group.command()
@run_dir_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.option("--watch", is_flag=True, help="Print it again every second, until Ctrl-C.")
def status(run: RunDirectory, as_json: bool, watch: bool) -> None:
    """How far each projector is: position, lag, age, rate, and what stopped it."""
    stop = _stop_on_signals() if watch else threading.Event()
    while True:
        report = status_of(run)
        if as_json:
            click.echo(msgspec.json.encode(report).decode())
        else:
            if watch:
                click.clear()
            click.echo(render(report))
        if not watch or stop.wait(1.0):
            return


@group.command()
@run_dir_option
@click.option("--episode", type=int, help="As of the end of this episode of the present lineage.")
@click.option("--position", type=int, help="As of this log position: what a viewer saw then.")
def at(run: RunDirectory, episode: int | None, position: int | None) -> None:
    """Print everything as of an episode or a log position, as JSON."""
    if (episode is None) == (position is None):
        raise click.UsageError("give either --episode or --position")
    if position is not None:
        with temporary_read_model(run.read_model, run.events, READ_MODELS, position) as past:
            parts = _parts(past, None)
    else:
        parts = _parts(run.read_model, episode)
    click.echo(msgspec.json.format(msgspec.json.encode(parts), indent=2).decode())


for command in (
    export_,
    export_runs,
    backup,
    replicate,
    archive_,
    unarchive_,
    doctor,
    policy,
    ask,
    compare,
    pack,
):
    group.add_command(command)


def _parts(path: Path, episode: int | None) -> dict[str, Any]:
    with read_once(path) as connection:
        parts = read_parts(connection, episode)
    if parts is None:
        raise StoreError(f"{path}: {no_state(episode)}")
    return parts


def _stop_on_signals() -> ShutdownSignal:
    stop = ShutdownSignal()
    stop.listen()
    return stop


def main() -> None:
    """Entry point of the console script."""
    run_command(group)


if __name__ == "__main__":
    main()
