"""The `producer` command. Heavy imports wait until a command needs them, so that `--help` is quick."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from core.config_schema import MAX_SEED, RunConfig
from core.errors import ConfigError
from core.process.command_line import run_command, run_dir_option, version_option
from core.resources import find_config
from core.run_directory import RunDirectory

if TYPE_CHECKING:
    from producer.run.console import Console

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@version_option
def producer() -> None:
    """Train the agents and record everything that happens in the event log."""


@producer.command()
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
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Instead of any key, such as population.gamma=0.98; may be given several times.",
)
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
    from core.process.output import protect_output
    from core.process.signals import ShutdownSignal
    from producer.run.config_changes import Given
    from producer.run.console import Console

    protect_output()
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
    """The configuration file; a run that exists can do without, unless the file is to be obeyed."""
    from core.config import load_config

    if path is None:
        return None
    try:
        found = find_config(path)
        # what a configuration that comes along changes in another one is no news
        report = console.say if found == path and (must_fit or not run.events.exists()) else None
        return load_config(found, report=report)
    except ConfigError as error:
        if must_fit or not run.events.exists():
            raise
        console.warn(f"{error}; the run goes on with the configuration in its log")
        return None


@producer.command()
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), required=True, help="A checkpoint_ep….pt of any run."
)
@click.option(
    "--episodes", type=click.IntRange(min=2), default=200, show_default=True, help="Episodes per policy."
)
@click.option(
    "--seed",
    type=click.IntRange(0, MAX_SEED),
    default=0,
    show_default=True,
    help="Draws the starts and the random actions.",
)
@click.option(
    "--layout",
    default="trained",
    show_default=True,
    help="Where the affordances stand: trained (as in the episodes before the checkpoint), start (as"
    " configured), moved (as the run rearranges them), or a configuration file with the same affordances.",
)
@click.option("--stage", type=click.IntRange(min=1), help="Stage from 1; the checkpoint's without it.")
@click.option(
    "--epsilon", type=click.FloatRange(0.0, 1.0), help="Part of random actions; the checkpoint's without it."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def evaluate(
    checkpoint: Path,
    episodes: int,
    seed: int,
    layout: str,
    stage: int | None,
    epsilon: float | None,
    as_json: bool,
) -> None:
    """Play episodes with a trained network, as in training and greedily: survival, causes of death."""
    from producer.run.evaluate import evaluate as play

    evaluation = play(checkpoint, episodes, seed, layout=layout, stage=stage, epsilon=epsilon)
    if as_json:
        click.echo(msgspec.json.encode(evaluation).decode())
        return
    for line in evaluation.lines():
        click.echo(line)


@producer.command("record-policies")
@run_dir_option
def record_policies_(run: RunDirectory) -> None:
    """Add the networks of kept checkpoints to the log of a run that was trained without recording them.

    Nothing is trained. Readers of the log can then compute what the agents would have done.
    """
    from producer.run.console import Console
    from producer.run.policies import record_policies

    recorded = record_policies(run, Console().warn)
    click.echo(f"{run.events}: {len(recorded)} policies recorded")


@producer.command()
@click.option(
    "--from",
    "parent",
    type=click.Path(path_type=Path, file_okay=False),
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
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change any key that can be changed in mid-run; may be given several times.",
)
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
@click.option(
    "--run-dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="New directory of the branch, or of the directories of all futures.",
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
    """Go on from an episode of another run in another way: a what-if. Without a change it repeats the run."""
    from core.config import parse_setting
    from core.process.output import protect_output
    from core.process.signals import ShutdownSignal

    protect_output()
    options = dict(map(parse_setting, settings))
    stop = ShutdownSignal()
    stop.listen()
    from producer.run.branch import Branching
    from producer.run.branch import branch as make_branch
    from producer.run.console import Console

    make_branch(Branching(parent, at, folder, options, layout, seed, futures), Console(), stop)


@producer.command()
@run_dir_option
def status(run: RunDirectory) -> None:
    """How the run stands, in six lines."""
    from producer.run.status import report

    for line in report(run):
        click.echo(line)


@producer.command()
@click.option(
    "--user",
    "account",
    is_flag=False,
    flag_value="",
    required=True,
    metavar="[NAME]",
    help="The user that the processes run as; without a name the units are for systemctl --user.",
)
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
    "--name",
    help="Name of this run among several: its units are hamlet-producer@NAME and so on.",
)
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8765, show_default=True, help="The server's port."
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the units there, such as /etc/systemd/system or ~/.config/systemd/user; without it they are"
    " printed.",
)
@click.option("--replace", is_flag=True, help="Overwrite units of the same names.")
def install_service(
    account: str,
    run_dir: Path,
    config_path: Path,
    name: str | None,
    port: int,
    folder: Path | None,
    replace: bool,
) -> None:
    """Print or install systemd units for all four processes of a run."""
    from producer.run.systemd import ServiceOptions, install, make_units

    options = ServiceOptions(run_dir, find_config(config_path), account or None, name, port)
    units = make_units(options)
    if folder is None:
        for unit, text in units.items():
            click.echo(f"# ----- {unit}\n{text}")
        return
    install(units, folder, replace)
    systemctl = "systemctl" if account else "systemctl --user"
    owner = f" for {account}" if account else ""
    click.echo(
        f"{len(units)} units are in {folder}. Next: mkdir -p {run_dir}{owner}, {systemctl} daemon-reload,"
        f" {systemctl} enable --now {' '.join(sorted(units))}"
    )


def main() -> None:
    """Entry point of the console script."""
    run_command(producer)


if __name__ == "__main__":
    main()
