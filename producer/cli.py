"""The `producer` command. Heavy imports wait until a command needs them, so that `--help` is quick."""

import click

from core.process.command_line import run_command, version_option
from producer.commands.branch import branch
from producer.commands.evaluate import evaluate
from producer.commands.install_service import install_service
from producer.commands.list import list_
from producer.commands.record_policies import record_policies
from producer.commands.run import run
from producer.commands.status import status
from producer.commands.sweep import sweep
from producer.commands.town import town

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@version_option
def producer() -> None:
    """Train the agents and record everything that happens in the event log."""


for command in (run, evaluate, record_policies, branch, sweep, status, list_, town, install_service):
    producer.add_command(command)


def main() -> None:
    """Entry point of the console script `producer`."""
    run_command(producer)


if __name__ == "__main__":
    main()
