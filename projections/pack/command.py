"""`projections pack`: a folder that shows and explains a run without a server and without a network."""

import sys
from pathlib import Path

import click

from core.process.command_line import run_dir_option
from core.process.signals import ShutdownSignal
from core.run_directory import RunDirectory
from projections.engine.progress import progress_on
from projections.pack.build import build_pack


@click.command()
@run_dir_option
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder to make; an older pack is replaced."
)
@click.option(
    "--lite/--full",
    "lite",
    default=True,
    show_default="lite",
    help="Recordings of landmark episodes and a spread of others, or of every episode.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MB",
    help="Size that the dashboard may have, in megabytes; recordings are left out to keep it.",
)
@click.option(
    "--futures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with the directories of the run's branches (`producer branch`): the lectures show them.",
)
def pack(run: RunDirectory, out: Path, lite: bool, budget: float | None, futures: Path | None) -> None:
    """Make a folder that shows the run by double click: no server and no network are needed.

    DIR/story.html says what happened, DIR/dashboard/index.html is the dashboard with everything that the
    server answered, DIR/lectures/index.html four lectures, DIR/exercises.html asks about the run's tables,
    DIR/notebook is an analysis of them. The same run gives the same bytes. The folder appears whole; if the
    command is interrupted, nothing of it is left.
    """
    stop = ShutdownSignal()
    stop.listen()
    with progress_on(sys.stderr, "answers") as progress:
        built = build_pack(
            run,
            out,
            full=not lite,
            budget_mb=budget,
            futures=futures,
            progress=progress,
            is_stopped=stop.is_set,
        )
    click.echo(
        f"{out}: {built.episodes} episodes, {built.recordings} of them recorded,"
        f" {built.total_bytes / 1e6:.1f} MB; open {out}/story.html"
    )
    if not built.notebook_executed:
        click.echo(
            "the notebook is there as source and tables only: executing it needs the extra"
            " (pip install 'hamlet-demo[teaching]')",
            err=True,
        )
