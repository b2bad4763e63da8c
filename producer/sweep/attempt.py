"""The process of one attempt at one run of a sweep: `python -m producer.sweep.attempt DIR NAME EPOCH`.

The lease of the epoch has been taken before. The process ends with the exit codes of `producer run`. It stops
in good order, with a checkpoint, when the process that started it is gone.
"""

import os
import shutil
import sys
from pathlib import Path

from core.config import learning_config, recorded_config
from core.config_schema import RunConfig
from core.errors import ConfigError, HamletError
from core.log import LogReader
from core.process.files import remove_unfinished
from core.process.logs import log_to_stderr
from core.process.output import protect_errors, protect_output
from core.process.signals import ShutdownSignal
from core.run_directory import RunDirectory, in_folder
from core.version import VERSION
from producer.run.config_changes import Given
from producer.run.console import Console
from producer.run.lineage import read_past
from producer.run.supervision import Supervision
from producer.sweep.heartbeat import Beat, beating, end_earlier_attempts
from producer.sweep.leases import require_newest
from producer.sweep.plan import PLAN_NAME, Plan, PlannedRun, read_plan

__all__ = ["main", "planned_run"]


def main() -> None:
    """Make the attempt that the arguments name, and end with an exit code."""
    folder, name, epoch = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    protect_errors()
    protect_output()
    log_to_stderr()
    try:
        _attempt(folder, name, epoch)
    except HamletError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def planned_run(folder: Path, name: str) -> tuple[Plan, PlannedRun]:
    """The plan in the directory of a sweep, and the run of the plan that is called `name`.

    Raises:
        ConfigError: there is no plan, or no such run in it, or the plan is one of another release.
    """
    plan = read_plan(folder)
    if plan is None:
        raise ConfigError(f"{folder / PLAN_NAME}: missing; restore the plan of the sweep")
    if plan.version != VERSION:
        raise ConfigError(
            f"{folder / PLAN_NAME}: the plan is of Hamlet {plan.version}, and this is {VERSION}; use the same"
            " release for all attempts of a sweep"
        )
    run = next((run for run in plan.runs if run.name == name), None)
    if run is None:
        raise ConfigError(f"{folder / PLAN_NAME}: there is no run {name} in the plan")
    return plan, run


def _attempt(folder: Path, name: str, epoch: int) -> None:
    parent = os.getppid()
    plan, planned = planned_run(folder, name)
    files = in_folder(folder / name)
    stop = ShutdownSignal()
    stop.listen()  # before torch, whose import takes a second or two

    def stop_without_parent(_beat: Beat) -> None:
        if os.getppid() != parent:
            stop.signal_name = stop.signal_name or "the sweep has ended"

    with beating(files, epoch, stop_without_parent):
        end_earlier_attempts(files, epoch, Console().say)
        _train(plan, planned, files, epoch, stop)


def _train(plan: Plan, planned: PlannedRun, files: RunDirectory, epoch: int, stop: ShutdownSignal) -> None:
    from producer.run.branch import Branching, prepare
    from producer.run.run import run

    console = Console()
    supervision = Supervision(lambda: require_newest(files, epoch), lambda: None)
    if plan.parent is None:
        config = plan.config_of(planned)
        _require_same(files, config)
        run(Given(config, PLAN_NAME), files, console, stop, supervision)
        return
    if not files.events.exists():
        # the log of a branch appears last: what a killed attempt has left is incomplete
        shutil.rmtree(files.checkpoints, ignore_errors=True)
        remove_unfinished(files.events.parent, files.events.name)
        where = (Path(plan.parent.run_dir), plan.parent.episode, files.events.parent)
        prepare(Branching(*where, planned.settings, seed=planned.seed), console, stop)
    if files.events.exists():
        run(Given(None, ""), files, console, stop, supervision)


def _require_same(files: RunDirectory, config: RunConfig) -> None:
    """Check that a log that is there is one of the planned run.

    Raises:
        ConfigError: the run directory holds a run with another configuration.
        StoreError: the log cannot be read.
    """
    if not files.events.exists():
        return
    log = LogReader(files.events)
    try:
        past = read_past(log)
    finally:
        log.close()
    if past is None:
        return
    recorded = learning_config(recorded_config(past.config, str(files.events)))
    if recorded != learning_config(config) or past.branched is not None:
        raise ConfigError(
            f"{files.events}: holds another run than the plan of the sweep says; move that directory away"
        )


if __name__ == "__main__":
    main()
