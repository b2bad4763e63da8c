"""The process of one attempt at one run of a sweep: `python -m producer.sweep.attempt WHERE NAME EPOCH`.

WHERE is the directory of the sweep, or the URL of its store. The lease of the epoch has been taken before.
The process ends with the exit codes of `producer run`. It stops in good order, with a checkpoint, when the
process that started it is gone. With a store it trains in a temporary directory of this machine.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from core.config import learning_config, recorded_config
from core.config_schema import RunConfig
from core.errors import ConfigError, HamletError, StoreError
from core.log import LogReader
from core.process.files import remove_unfinished
from core.process.logs import log_to_stderr
from core.process.output import protect_errors, protect_output
from core.process.retry import retry_while_failing
from core.process.signals import ShutdownSignal
from core.run_directory import RunDirectory, in_folder
from core.version import VERSION
from producer.run.config_changes import Given
from producer.run.console import Console
from producer.run.lineage import read_past
from producer.run.supervision import Supervision
from producer.sweep.heartbeat import (
    BEAT_SECONDS,
    STORE_BEAT_SECONDS,
    Beat,
    beating,
    end_earlier_attempts,
    read_beat,
    write_beat,
)
from producer.sweep.leases import require_newest
from producer.sweep.objects import is_store, objects_at
from producer.sweep.plan import PLAN_NAME, Plan, PlannedRun, read_plan
from producer.sweep.stored_plan import stored_plan
from producer.sweep.stored_run import StoredRun
from producer.sweep.uploads import Uploads

__all__ = ["main", "planned_run"]


def main() -> None:
    """Make the attempt that the arguments name, and end with an exit code."""
    where, name, epoch = sys.argv[1], sys.argv[2], int(sys.argv[3])
    protect_errors()
    protect_output()
    log_to_stderr()
    try:
        stop = ShutdownSignal()
        stop.listen()  # before torch, whose import takes a second or two
        if is_store(where):
            _in_store(where, name, epoch, stop)
        else:
            _in_directory(Path(where), name, epoch, stop)
    except HamletError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def planned_run(plan: Plan | None, name: str, where: str) -> tuple[Plan, PlannedRun]:
    """The plan, read at `where`, and its run that is called `name`.

    Raises:
        ConfigError: there is no plan, or no such run in it, or the plan is one of another release.
    """
    if plan is None:
        raise ConfigError(f"{where}/{PLAN_NAME}: missing; restore the plan of the sweep")
    if plan.version != VERSION:
        raise ConfigError(
            f"{where}/{PLAN_NAME}: the plan is of Hamlet {plan.version}, and this is {VERSION}; use the same"
            " release for all attempts of a sweep"
        )
    run = next((run for run in plan.runs if run.name == name), None)
    if run is None:
        raise ConfigError(f"{where}/{PLAN_NAME}: there is no run {name} in the plan")
    return plan, run


def _in_directory(folder: Path, name: str, epoch: int, stop: ShutdownSignal) -> None:
    """Train in the run directory itself, which all attempts see."""
    plan, planned = planned_run(read_plan(folder), name, str(folder))
    files = in_folder(folder / name)
    alive = _ending_with_parent(lambda beat: write_beat(files, epoch, beat), stop)
    with beating(files, alive, BEAT_SECONDS):
        end_earlier_attempts(lambda earlier: read_beat(files, earlier), epoch, Console().say)
        _train(plan, planned, files, stop, Supervision(lambda: require_newest(files, epoch), lambda: None))


def _in_store(url: str, name: str, epoch: int, stop: ShutdownSignal) -> None:
    """Train in a temporary directory, from what the store has of the run; upload after each checkpoint."""
    objects = objects_at(url)
    plan, planned = planned_run(stored_plan(objects), name, url)
    run, console = StoredRun(objects, name), Console()
    with tempfile.TemporaryDirectory(prefix="hamlet-sweep-") as scratch:
        files = in_folder(Path(scratch) / "run")
        files.events.parent.mkdir()
        uploads = Uploads(objects, name, epoch, files)

        def upload() -> None:
            if files.events.exists():
                retry_while_failing(uploads.upload, _passing, console.warn, stop)

        alive = _ending_with_parent(lambda beat: run.write_beat(epoch, beat), stop)
        with beating(files, alive, STORE_BEAT_SECONDS):
            end_earlier_attempts(run.read_beat, epoch, console.say)
            if run.download(files):
                upload()  # from here on no later attempt needs what an earlier one has uploaded
            try:
                _train(plan, planned, files, stop, Supervision(uploads.require_lease, upload))
            finally:
                upload()


def _ending_with_parent(write: Callable[[Beat], None], stop: ShutdownSignal) -> Callable[[Beat], None]:
    """What is done with each heartbeat: it is written, and the attempt is asked to end without its sweep."""
    parent = os.getppid()

    def alive(beat: Beat) -> None:
        if os.getppid() != parent:
            stop.signal_name = stop.signal_name or "the sweep has ended"
        write(beat)

    return alive


def _passing(error: Exception) -> str | None:
    return str(error) if isinstance(error, StoreError) else None


def _train(
    plan: Plan, planned: PlannedRun, files: RunDirectory, stop: ShutdownSignal, supervision: Supervision
) -> None:
    from producer.run.branch import Branching, prepare
    from producer.run.run import run

    console = Console()
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
