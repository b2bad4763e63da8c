"""`producer list`: how all runs below a directory stand."""

from pathlib import Path

import click
import msgspec

from core.run_folders import require_folder

__all__ = ["list_"]


@click.command("list")
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    envvar="HAMLET_RUNS_DIR",
    default=Path(),
    show_default="the current directory",
    metavar="DIR",
    help="Directory of the run directories, at any depth down to four.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="A table for people, or one JSON array for programs.",
)
def list_(runs: Path, form: str) -> None:
    """How all runs below a directory stand, a line each; what cannot be read is said in a sentence."""
    from producer.run.listing import list_runs, table

    found = list_runs(require_folder(runs))
    if form == "json":
        click.echo(msgspec.json.encode(found).decode())
    elif found:
        for line in table(found):
            click.echo(line)
    else:
        click.echo(f"{runs}: no run in this directory; `producer run --run-dir {runs / 'NAME'}` makes one")
