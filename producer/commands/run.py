"""`producer run`: start a run, or resume it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.config_schema import MAX_SEED, RunConfig
from core.errors import ConfigError
from core.process.command_line import run_dir_option, settings_option
from core.resources import find_config
from core.run_directory import RunDirectory

if TYPE_CHECKING:
    from producer.run.console import Console

__all__ = ["run"]


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    envvar="HAMLET_CONFIG",
    help="A new run's configuration: a YAML file, or the name of one that comes along"
    " (sparse_adaptive, multi_day, quick). A run that exists goes on with the configuration in its log.",
)
@run_dir_option
@click.option("--episodes", type=click.IntRange(min=1), help="Instead of training.num_episodes.")
@click.option("--seed", type=click.IntRange(0, MAX_SEED), help="Instead of experiment.seed.")
@click.option("--device", help="Instead of training.device: auto, cpu, cuda.")
@settings_option("Instead of any key, such as population.gamma=0.98; may be given several times.")
@click.option(
    "--accept-config-change",
    is_flag=True,
    help="Go on with the configuration file and the options where they differ; the log records the changes.",
)
@click.option(
    "--start-over",
    is_flag=True,
    help="Begin again at episode 0 if none of the checkpoints that the log names can be read.",
)
def run(
    config_path: Path | None,
    run: RunDirectory,
    episodes: int | None,
    seed: int | None,
    device: str | None,
    settings: tuple[str, ...],
    accept_config_change: bool,
    start_over: bool,
) -> None:
    """Start a run, or resume it; a finished run is left alone unless --episodes asks for more."""
    from core.config import parse_setting
    from core.process.logs import log_to_stderr
    from core.process.output import protect_output
    from core.process.signals import ShutdownSignal
    from producer.run.config_changes import Given
    from producer.run.console import Console

    protect_output()
    log_to_stderr()
    options = dict(map(parse_setting, settings))
    named = {"training.num_episodes": episodes, "experiment.seed": seed, "training.device": device}
    options |= {key: value for key, value in named.items() if value is not None}
    console = Console()
    file = _read_config(config_path, run, accept_config_change, console)
    given = Given(file, str(config_path), options, accept_config_change, start_over)
    if not run.events.exists():
        given.new_config()  # a mistake in it needs neither torch nor a run directory to be found
    stop = ShutdownSignal()
    stop.listen()  # before torch, whose import takes a second or two
    from producer.run.run import run as train

    train(given, run, console, stop)


def _read_config(
    path: Path | None, run: RunDirectory, must_fit: bool, console: "Console"
) -> RunConfig | None:
    """The configuration in the file; a mistake in it is an error only where the file is going to be used."""
    from core.config import load_config

    if path is None:
        return None
    try:
        found = find_config(path)
        # what a shipped configuration changes in the one that it extends is known
        report = console.say if found == path and (must_fit or not run.events.exists()) else None
        return load_config(found, report=report)
    except ConfigError as error:
        if must_fit or not run.events.exists():
            raise
        console.warn(f"{error}; the run goes on with the configuration in its log")
        return None
