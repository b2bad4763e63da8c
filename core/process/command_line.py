"""What the three commands share: the options `--run-dir` and `--version`, and how an error ends a process.

The commands themselves are in the `cli.py` of each package.
"""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from core.errors import HamletError
from core.process.logs import with_priority
from core.process.output import protect_errors
from core.run_directory import RunDirectory, locate
from core.run_folders import require_folder
from core.version import VERSION

__all__ = ["run_command", "run_dir_option", "runs_option", "version_option"]

Command = TypeVar("Command", bound=Callable[..., Any])


def _locate(context: click.Context, _parameter: click.Parameter, folder: Path | None) -> RunDirectory | None:
    if context.params.get("runs") is None:
        return locate(folder, os.environ)
    if folder is not None:
        raise click.UsageError("give either --run-dir or --runs")
    return None


def _require_folder(context: click.Context, parameter: click.Parameter, folder: Path | None) -> Path | None:
    return require_folder(folder) if folder is not None else None


def run_dir_option(command: Command) -> Command:
    """Add `--run-dir DIR`; the command receives `run: RunDirectory`."""
    option = click.option(
        "--run-dir",
        "run",
        type=click.Path(path_type=Path, file_okay=False),
        callback=_locate,
        help="Directory of the run; without it the HAMLET_* variables say where its files are.",
    )
    return option(command)


def runs_option(command: Command) -> Command:
    """Add `--runs DIR` to a command that has `--run-dir`; it receives `runs: Path | None`.

    `run` is None where `--runs` is given.
    """
    option = click.option(
        "--runs",
        "runs",
        type=click.Path(path_type=Path),
        envvar="HAMLET_RUNS_DIR",
        is_eager=True,
        callback=_require_folder,
        help="Directory of many run directories, in place of --run-dir; they may come and go.",
    )
    return option(command)


def version_option(group: Command) -> Command:
    """Add `--version`."""
    option = click.version_option(VERSION, message="%(prog)s, of Hamlet %(version)s")
    return option(group)


def run_command(group: click.Group) -> None:
    """Run a command group; a `HamletError` becomes one line on stderr and the exit code of the error."""
    protect_errors()
    try:
        group(standalone_mode=True)
    except HamletError as error:
        click.echo(with_priority(f"error: {error}", logging.ERROR), err=True)
        sys.exit(error.exit_code)
