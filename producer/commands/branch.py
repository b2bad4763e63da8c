"""`producer branch`: make a run that shares another run's history up to an episode, and train it."""

from pathlib import Path

import click

from core.config_schema import MAX_SEED
from core.process.command_line import new_folder_option, settings_option

__all__ = ["branch"]


@click.command()
@click.option(
    "--from",
    "parent",
    type=click.Path(path_type=Path),
    required=True,
    metavar="RUN_DIR",
    help="Run directory of the parent, running or finished; it is only read.",
)
@click.option(
    "--at",
    type=click.IntRange(min=1),
    required=True,
    metavar="EPISODE",
    help="The last episode of the shared history; all that ended in the same rollout belong to it.",
)
@settings_option("Change any key that can be changed in mid-run; may be given several times.")
@click.option(
    "--layout",
    metavar="FILE|random:SEED",
    help="Move the affordances at the branch point: as in a configuration file, or to random cells.",
)
@click.option(
    "--seed", type=click.IntRange(0, MAX_SEED), help="Other random numbers from the branch point on."
)
@click.option(
    "--futures",
    type=click.IntRange(min=1),
    metavar="K",
    help="Make K branches, DIR/future-1 and so on, with the seeds seed + 1 to seed + K; the seed is the"
    " parent's without --seed.",
)
@new_folder_option(
    "--run-dir", "folder", "New directory of the branch, or of the directories of all futures."
)
def branch(
    parent: Path,
    at: int,
    settings: tuple[str, ...],
    layout: str | None,
    seed: int | None,
    futures: int | None,
    folder: Path,
) -> None:
    """Make a run that shares the history of another run up to an episode, then goes on with changes.

    Without any change the branch repeats its parent.
    """
    from core.archives import refuse_archive
    from core.config import parse_setting
    from core.process.logs import log_to_stderr
    from core.process.output import protect_output
    from core.process.signals import ShutdownSignal

    refuse_archive(parent)
    protect_output()
    log_to_stderr()
    options = dict(map(parse_setting, settings))
    stop = ShutdownSignal()
    stop.listen()
    from producer.run.branch import Branching
    from producer.run.branch import branch as make_branch
    from producer.run.console import Console

    make_branch(Branching(parent, at, folder, options, layout, seed, futures), Console(), stop)
