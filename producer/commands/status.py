"""`producer status`: the state of a run in a few lines."""

import click

from core.process.command_line import run_dir_option
from core.run_directory import RunDirectory

__all__ = ["status"]


@click.command()
@run_dir_option
def status(run: RunDirectory) -> None:
    """Print the state of the run in six lines."""
    from producer.run.status import report

    for line in report(run):
        click.echo(line)
