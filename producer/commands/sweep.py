"""`producer sweep`: train many runs by one plan, and go on with them until all are finished."""

import importlib.util
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.process.command_line import FiniteRange, new_folder_option, seconds_option, settings_option

if TYPE_CHECKING:
    from producer.sweep.executor import Executor
    from producer.sweep.plan import Plan

__all__ = ["sweep"]

logger = logging.getLogger(__name__)

FAILED = 1
"""Exit code where a run has failed for good."""
SILENT_AT_LEAST = 15.0
"""Seconds: the heartbeats of three attempts at writing one to a store."""


@click.command()
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--seeds", default="0", show_default=True, help="Seeds of the runs: 0-7, or 0,2,5.")
@settings_option(
    "Values of any key, each tried with every seed and every value of the other keys; may be given"
    " several times.",
    "KEY=VALUE,VALUE",
)
@click.option(
    "--futures-of",
    metavar="RUN_DIR@EPISODE",
    help="In place of CONFIG: branches of a run after an episode, each with its own seed from there on.",
)
@new_folder_option(
    "--runs",
    "folder",
    "Directory of the sweep: its plan, sweep.yaml, and below it one run directory for each run. With a"
    " plan that is there, --runs alone goes on with it.",
)
@click.option(
    "--store",
    metavar="URL",
    help="Keep the runs here while they are trained: a directory on a network disk, or s3://bucket/sweep."
    " Nodes then need no common disk; each finished run is brought to --runs.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 1_024),
    help="Runs at a time, as processes of this machine, without Ray. Without Ray and without --jobs: one.",
)
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="Ray cluster to use, on a node of it; without it Ray is started here, where Ray is installed.",
)
@click.option(
    "--gpus",
    type=FiniteRange(0.0, 64.0),
    default=0.0,
    show_default=True,
    help="Part of a GPU that Ray reserves for each run, such as 0.25; its memory is not limited.",
)
@click.option(
    "--attempts",
    type=click.IntRange(1, 1_000),
    default=5,
    show_default=True,
    help="Attempts in a row that may fail without a further episode before a run is given up.",
)
@seconds_option(
    "--silent-after", 5.0, 120.0, "An attempt without a heartbeat for so long is ended and tried again."
)
def sweep(
    config: Path | None,
    seeds: str,
    settings: tuple[str, ...],
    futures_of: str | None,
    folder: Path,
    store: str | None,
    jobs: int | None,
    address: str | None,
    gpus: float,
    attempts: int,
    silent_after: float,
) -> None:
    """Train many runs: every seed with every combination of settings, from CONFIG.

    What is finished is left alone, and what was interrupted goes on from its newest checkpoint.
    """
    from rich.console import Console

    from core.errors import ConfigError
    from core.process.logs import log_to_stderr
    from core.process.output import protect_output
    from core.process.signals import ShutdownSignal
    from producer.sweep.driver import Limits
    from producer.sweep.objects import store_url
    from producer.sweep.sweep import agreed_plan
    from producer.sweep.sweep import sweep as run_sweep
    from producer.sweep.table import summary

    protect_output()
    log_to_stderr()
    url = store_url(store) if store is not None else None
    asked = _asked(config, seeds, settings, futures_of, url)
    plan = agreed_plan(folder, asked, url)
    if plan.store is not None and silent_after < SILENT_AT_LEAST:
        raise ConfigError(f"--silent-after {silent_after:g}: with a store give at least {SILENT_AT_LEAST:g}")
    if plan is asked and plan.parent is not None:
        _check_branches(folder, plan)
    stop = ShutdownSignal()
    stop.listen()
    executor = _executor(folder.absolute(), plan, jobs, address, gpus)
    states = run_sweep(
        folder.absolute(), plan, executor, Limits(attempts, silent_after), Console(stderr=True), stop
    )
    click.echo(summary(states))
    for state in states:
        if state.status == "failed":
            click.echo(f"{state.name}: {state.problem}")
    if stop.requested:
        click.echo(f"producer sweep --runs {folder} goes on")
    if any(state.status == "failed" for state in states):
        sys.exit(FAILED)


def _executor(folder: Path, plan: "Plan", jobs: int | None, address: str | None, gpus: float) -> "Executor":
    """What runs the attempts: Ray where it is installed or asked for, else processes of this machine.

    Raises:
        ConfigError: Ray is asked for and not installed, or the options exclude each other.
        StoreError: there is no cluster at the address.
    """
    from core.errors import ConfigError
    from producer.sweep.local_processes import LocalProcesses
    from producer.sweep.ray_tasks import RayTasks, Share, connect

    wants_ray = address is not None or gpus > 0.0
    if wants_ray and jobs is not None:
        raise ConfigError("--jobs is for processes of this machine; --address and --gpus are for Ray")
    where = plan.store if plan.store is not None else str(folder)
    has_ray = importlib.util.find_spec("ray") is not None
    if jobs is not None or not (wants_ray or has_ray):
        if jobs is None:
            logger.info(
                "Ray is not installed, so the runs are trained one after the other;"
                " --jobs N trains several at a time, pip install 'hamlet-demo[cluster]' brings Ray"
            )
        return LocalProcesses(where, folder, jobs or 1)
    threads = plan.most_threads()
    return RayTasks(connect(address), where, folder, Share(float(threads), gpus))


def _asked(
    config: Path | None, seeds: str, settings: tuple[str, ...], futures_of: str | None, store: str | None
) -> "Plan | None":
    """The plan that the options describe, None without a configuration and without a parent.

    Raises:
        ConfigError: an option, the configuration or a combination of settings is wrong.
    """
    from core.config import load_config
    from core.errors import ConfigError
    from core.resources import find_config
    from producer.sweep.plan import make_plan, parse_parent, parse_seeds, parse_values

    numbers, values = parse_seeds(seeds), parse_values(settings)
    if config is not None and futures_of is not None:
        raise ConfigError(
            "give either CONFIG or --futures-of: branches have the configuration of their parent"
        )
    if config is not None:
        return make_plan(numbers, values, load_config(find_config(config)), str(config), store=store)
    if futures_of is None:
        return None
    return make_plan(numbers, values, parent=parse_parent(futures_of), store=store)


def _check_branches(folder: Path, plan: "Plan") -> None:
    """Find what is wrong with the branches before anything is written.

    Raises:
        ConfigError, StoreError: the parent cannot be branched there, or a setting cannot be changed there.
    """
    from producer.run.branch import Branching, check

    assert plan.parent is not None
    for run in plan.runs:
        where = (Path(plan.parent.run_dir), plan.parent.episode, folder / run.name)
        check(Branching(*where, run.settings, seed=run.seed))
