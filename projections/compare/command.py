"""The command `projections compare`."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import click
import msgspec

from core.errors import StoreError
from core.process.files import atomic_write
from projections.compare.comparison import compare_runs
from projections.compare.find import find_runs
from projections.compare.picture import as_png
from projections.compare.result import Comparison
from projections.compare.runs import Axis
from projections.compare.tables import as_csv, as_markdown

__all__ = ["compare"]

FORMATS: dict[str, Callable[[Comparison], bytes]] = {
    "md": lambda comparison: as_markdown(comparison).encode(),
    "csv": lambda comparison: as_csv(comparison).encode(),
    "json": lambda comparison: msgspec.json.encode(comparison) + b"\n",
    "png": as_png,
}


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option(
    "--runs",
    "folder",
    type=click.Path(path_type=Path),
    help="Directory of run directories: RUN may then be a name in it, or a run id; without RUN, all of them.",
)
@click.option(
    "--group-by",
    metavar="KEY",
    help="Key of the configuration, or layout; without it runs that differ in the seed only are a group.",
)
@click.option(
    "--x",
    "axis",
    type=click.Choice(get_args(Axis)),
    default="episodes",
    show_default=True,
    help="What the curves are drawn over.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(list(FORMATS)),
    default="md",
    show_default=True,
    help="Form of the result.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; needed for png.")
def compare(
    runs: tuple[str, ...],
    folder: Path | None,
    group_by: str | None,
    axis: Axis,
    file_format: str,
    out: Path | None,
) -> None:
    """Compare runs: figures with 95 % intervals and n, differences of groups and of configurations.

    RUN is a run directory. csv and json hold the curves, too; png draws the curves.
    """
    if not runs and folder is None:
        raise click.UsageError("name two run directories, or --runs DIR for all runs in a directory")
    if file_format == "png" and out is None:
        raise click.UsageError("--format png needs --out FILE")
    content = FORMATS[file_format](compare_runs(find_runs(runs, folder), group_by, axis))
    if out is None:
        click.echo(content, nl=False)
        return
    try:
        atomic_write(out, content)
    except OSError as error:
        raise StoreError(f"{out}: cannot be written ({error.strerror})") from error
    click.echo(f"{out}: {len(content):,} bytes")
