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
from producer.sweep.objects import objects_at
from producer.sweep.place import Place, SharedDirectory, Stored
from producer.sweep.plan import PLAN_NAME, Plan, read_plan, write_plan
from producer.sweep.run_state import RunState
from producer.sweep.stored_plan import publish_plan, stored_plan
from producer.sweep.stored_run import StoredRun
from producer.sweep.table import LiveTable

__all__ = ["agreed_plan", "sweep"]


def agreed_plan(folder: Path, asked: Plan | None, store: str | None = None) -> Plan:
    """The plan that the sweep follows: the one in its directory, else in its store, else the one asked for.

    `store` is the URL of a store that the operator names; the plan in the directory knows its own.

    Raises:
        ConfigError: no plan was asked for and there is none; the two differ; the plan is one of another
            release, or names another store.
        StoreError: the plan cannot be read, or a run directory of the new plan holds a run already.
    """
    known = read_plan(folder)
    if known is not None and store is not None and store != known.store:
        kept = f"in {known.store}" if known.store is not None else "in this directory"
        raise ConfigError(
            f"--store {store}: {folder / PLAN_NAME} keeps the runs {kept}; leave --store out, or choose"
            " another directory"
        )
    if known is None and store is not None:
        known = stored_plan(objects_at(store))
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
        ConfigError: another plan is in the store.
        StoreError: the directory or the store cannot be used.
    """
    with exclusive(folder / PLAN_NAME, "producer sweep"):
        places = _places(folder, plan)
        if not (folder / PLAN_NAME).exists():
            write_plan(folder, plan)
        with LiveTable(console) as table:
            return drive(places, executor, limits, stop, table.show)


def _places(folder: Path, plan: Plan) -> dict[str, Place]:
    """Where each run is kept; the plan is put into the store, where there is one.

    Raises:
        ConfigError: there is another plan in the store, or no driver for its URL.
        StoreError: the store cannot be used.
    """
    if plan.store is None:
        return {run.name: SharedDirectory(folder / run.name) for run in plan.runs}
    objects = objects_at(plan.store)
    publish_plan(objects, plan)
    return {run.name: Stored(StoredRun(objects, run.name), folder / run.name) for run in plan.runs}
