"""What the three commands share: options of several commands, and how an error ends a process.

The commands themselves are in the `cli.py` of each package.
"""

import contextlib
import errno
import logging
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from core.archives import refuse_archive
from core.errors import HamletError, StoreError
from core.process.logs import with_priority
from core.process.output import protect_errors
from core.run_directory import RunDirectory, locate
from core.run_folders import require_folder
from core.version import VERSION

__all__ = [
    "FiniteRange",
    "new_folder_option",
    "run_command",
    "run_dir_option",
    "runs_option",
    "seconds_option",
    "settings_option",
    "version_option",
]

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What writing fails with where there is no room."""

Command = TypeVar("Command", bound=Callable[..., Any])


def _locate(context: click.Context, parameter: click.Parameter, folder: Path | None) -> RunDirectory | None:
    if folder is not None and folder.is_file():
        refuse_archive(folder)
        raise click.BadParameter(f"Directory {str(folder)!r} is a file.", context, parameter)
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
        type=click.Path(path_type=Path),
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


def settings_option(text: str, metavar: str = "KEY=VALUE") -> Callable[[Command], Command]:
    """`--set KEY=VALUE`, any number of times; the command receives `settings: tuple[str, ...]`.

    `text` is its help.
    """
    return click.option("--set", "settings", multiple=True, metavar=metavar, help=text)


def seconds_option(flag: str, least: float, default: float, text: str) -> Callable[[Command], Command]:
    """A duration of `least` to 86,400 seconds, a day; `text` is its help."""
    return click.option(
        flag,
        type=FiniteRange(least, 86_400.0),
        default=default,
        show_default=True,
        metavar="SECONDS",
        help=text,
    )


def new_folder_option(flag: str, name: str, text: str) -> Callable[[Command], Command]:
    """A directory that the command makes or fills; it receives `name: Path`. `text` is its help."""
    return click.option(
        flag,
        name,
        type=click.Path(path_type=Path, file_okay=False),
        required=True,
        metavar="DIR",
        help=text,
    )


class FiniteRange(click.FloatRange):
    """A range of numbers without infinity and without "not a number", which compares as neither too small
    nor too large."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def run_command(group: click.Group) -> None:
    """Run a command group; a `HamletError` becomes one line on stderr and the exit code of the error.

    An `OSError` that names a file does so too: a name that is too long, a folder that may not be entered. So
    does a full disk behind stdout: a result that is lost must not look like a result.
    """
    protect_errors()
    try:
        group(standalone_mode=True)
    except HamletError as error:
        _end(str(error), error.exit_code)
    except OSError as error:
        if error.filename is None and error.errno not in NO_ROOM:
            raise
        what = "the output" if error.filename is None else os.fsdecode(error.filename)
        # else Python reports the lost text once more at its end
        with contextlib.suppress(OSError):
            sys.stdout.close()
        _end(f"{what}: {error.strerror}", StoreError.exit_code)


def _end(sentence: str, exit_code: int) -> NoReturn:
    click.echo(with_priority(f"error: {sentence}", logging.ERROR), err=True)
    sys.exit(exit_code)
