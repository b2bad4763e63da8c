"""A sweep from its plan to its end: the plan is written, then every run is attempted until it is finished."""

from pathlib import Path

from rich.console import Console

from core.errors import ConfigError, StoreError
from core.process.lock import exclusive
from core.process.signals import ShutdownSignal
from core.run_directory import EVENTS_NAME
from core.version import VERSION
from producer.sweep.driver import Limits, drive
from producer.sweep.executor import Executor
from producer.sweep.plan import PLAN_NAME, Plan, read_plan, write_plan
from producer.sweep.run_state import RunState
from producer.sweep.table import LiveTable

__all__ = ["agreed_plan", "sweep"]


def agreed_plan(folder: Path, asked: Plan | None) -> Plan:
    """The plan that the sweep follows: the one in its directory, or the one asked for if there is none.

    Raises:
        ConfigError: no plan was asked for and there is none; the two differ; or the plan is one of another
            release.
        StoreError: the plan cannot be read, or a run directory of the new plan holds a run already.
    """
    known = read_plan(folder)
    if known is None:
        if asked is None:
            raise ConfigError(f"{folder / PLAN_NAME}: there is no plan to go on with; give a configuration")
        for run in asked.runs:
            if (folder / run.name / EVENTS_NAME).exists():
                raise StoreError(
                    f"{folder / run.name}: holds a run that is not of this sweep; choose another directory"
                )
        return asked
    if known.version != VERSION:
        raise ConfigError(
            f"{folder / PLAN_NAME}: the plan is of Hamlet {known.version}, and this is {VERSION}; go on with"
            " the release that began the sweep, or choose another directory"
        )
    if asked is not None and asked != known:
        raise ConfigError(
            f"{folder / PLAN_NAME}: there is another plan in this directory; go on with it by"
            f" `producer sweep --runs {folder}`, or choose another directory"
        )
    return known


def sweep(
    folder: Path, plan: Plan, executor: Executor, limits: Limits, console: Console, stop: ShutdownSignal
) -> list[RunState]:
    """Write the plan if it is new, then attempt all its runs; how each run stands at the end.

    Raises:
        AlreadyRunningError: another sweep works in this directory.
        StoreError: the directory cannot be written.
    """
    with exclusive(folder / PLAN_NAME, "producer sweep"):
        if not (folder / PLAN_NAME).exists():
            write_plan(folder, plan)
        with LiveTable(console) as table:
            return drive(folder, [run.name for run in plan.runs], executor, limits, stop, table.show)
