"""The `producer` command. Heavy imports wait until a command needs them, so that `--help` is quick."""

from pathlib import Path

import click

from core.config_schema import MAX_SEED
from core.errors import ConfigError
from core.process.command_line import run_command, run_dir_option, version_option
from core.resources import find_config
from core.run_directory import RunDirectory

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@version_option
def producer() -> None:
    """Train the town; everything that happens goes into the event log."""


@producer.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    envvar="HAMLET_CONFIG",
    help="The run: a YAML file, or the name of one that comes along (sparse_adaptive, multi_day, quick).",
)
@run_dir_option
@click.option("--episodes", type=click.IntRange(min=1), help="Instead of training.num_episodes.")
@click.option("--seed", type=click.IntRange(0, MAX_SEED), help="Instead of experiment.seed.")
@click.option("--device", help="Instead of training.device: auto, cpu, cuda.")
@click.option(
    "--accept-config-change",
    is_flag=True,
    help="Go on with a configuration other than the run began with; the log remembers what changed.",
)
def run(
    config_path: Path | None,
    run: RunDirectory,
    episodes: int | None,
    seed: int | None,
    device: str | None,
    accept_config_change: bool,
) -> None:
    """Begin a run, or go on with it; a finished one is left alone unless --episodes asks for more."""
    from core.config import load_config
    from core.process.output import protect_output
    from core.process.signals import Stop
    from producer.run.console import Console

    protect_output()
    if config_path is None:
        raise ConfigError("no configuration: give --config FILE, or set HAMLET_CONFIG")
    flags = {"training.num_episodes": episodes, "experiment.seed": seed, "training.device": device}
    config = load_config(
        find_config(config_path), {key: value for key, value in flags.items() if value is not None}
    )
    console = Console(
        config.training.num_episodes, len(config.curriculum.stages), config.training.heartbeat_every
    )
    # torch takes a second or two to import: after the mistakes that need none, and with signals noted already
    stop = Stop()
    stop.listen()
    from producer.run.run import run as train

    train(config, run, console, stop, accept_config_change)


@producer.command()
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), required=True, help="A checkpoint_ep….pt of any run."
)
@click.option("--episodes", type=click.IntRange(min=2), default=200, show_default=True, help="To play.")
@click.option("--seed", type=click.IntRange(0, MAX_SEED), default=0, show_default=True, help="Of the births.")
def evaluate(checkpoint: Path, episodes: int, seed: int) -> None:
    """Play greedy episodes with a trained network: survival with its confidence interval, causes of death."""
    from producer.run.evaluate import evaluate as play

    for line in play(checkpoint, episodes, seed).lines():
        click.echo(line)


@producer.command()
@run_dir_option
def status(run: RunDirectory) -> None:
    """How the night went, in five lines."""
    from producer.run.status import report

    for line in report(run):
        click.echo(line)


@producer.command()
@click.option("--user", required=True, help="Whom the processes run as.")
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Directory that the run's files will be in.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    required=True,
    help="The run, as for `producer run`.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the units there, such as /etc/systemd/system; without it they are printed.",
)
def install_service(user: str, run_dir: Path, config_path: Path, folder: Path | None) -> None:
    """Print or install systemd units for all four processes."""
    from producer.run.systemd import install, make_out

    units = make_out(user, run_dir, find_config(config_path))
    if folder is None:
        for name, text in units.items():
            click.echo(f"# ----- {name}\n{text}")
        return
    install(units, folder)
    click.echo(
        f"{len(units)} units are in {folder}. Next: mkdir -p {run_dir} for {user},"
        " systemctl daemon-reload, systemctl enable --now hamlet.target and the four services"
    )


def main() -> None:
    """Entry point of the console script."""
    run_command(producer)


if __name__ == "__main__":
    main()
