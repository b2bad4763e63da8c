"""`projections replicate`: copies of the read model for further servers."""

import tempfile
from pathlib import Path

import click

from core.errors import ConfigError
from core.process.command_line import seconds_option
from core.process.logs import log_to_stderr
from core.process.output import protect_output
from core.process.signals import ShutdownSignal
from core.run_directory import in_folder
from projections.replicate import Folder, Live, only_replicator, place_of
from projections.replicate import replicate as keep_replicas

__all__ = ["replicate"]


@click.command()
@click.option(
    "--from",
    "--run-dir",
    "source",
    required=True,
    metavar="DIR|URL",
    help="Run directory whose read model is copied, or the URL that another replicator writes to.",
)
@click.option(
    "--to",
    "targets",
    multiple=True,
    required=True,
    metavar="DIR|URL",
    help="Directory for `server run --run-dir`, or a URL such as s3://bucket/run; may be repeated.",
)
@seconds_option(
    "--every", 0.5, 5.0, "Least time between two copies; nothing is copied while nothing changes."
)
@click.option("--once", is_flag=True, help="Make one copy and end.")
def replicate(source: str, targets: tuple[str, ...], every: float, once: bool) -> None:
    """Keep whole copies of the read model in other places, none ever replaced by an older one."""
    protect_output()
    log_to_stderr()
    stop = ShutdownSignal()
    stop.listen()
    origin = place_of(source)
    places = [place_of(target) for target in targets]
    if isinstance(origin, Folder):
        live = in_folder(Path(source)).read_model.resolve()
        if any(isinstance(place, Folder) and place.read_model.resolve() == live for place in places):
            raise ConfigError(
                f"--to {source}: is the directory of the read model itself; choose another place"
            )
        if not live.parent.is_dir():
            raise ConfigError(f"--from {source}: no such directory")
    with only_replicator(places), tempfile.TemporaryDirectory() as folder:
        keep_replicas(
            Live(origin.read_model) if isinstance(origin, Folder) else origin,
            places, Path(folder), every, stop, once,
        )  # fmt: skip
