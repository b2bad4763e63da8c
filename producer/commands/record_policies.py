"""`producer record-policies`: add the networks of kept checkpoints to a log."""

import click

from core.process.command_line import run_dir_option
from core.run_directory import RunDirectory

__all__ = ["record_policies"]


@click.command("record-policies")
@run_dir_option
def record_policies(run: RunDirectory) -> None:
    """Add the networks of kept checkpoints to the log of a run that was trained without recording them.

    Nothing is trained. Readers of the log can then compute what the agents would have done.
    """
    from core.process.logs import log_to_stderr
    from producer.run import policies
    from producer.run.console import Console

    log_to_stderr()
    recorded = policies.record_policies(run, Console().warn)
    nothing_new = "" if recorded else "; the log has those of all kept checkpoints already"
    click.echo(f"{run.events}: {len(recorded)} policies recorded{nothing_new}")
