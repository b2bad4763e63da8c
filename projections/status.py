"""`projections status`: how far each projector is behind the log, as text or JSON."""

import msgspec

from core.log import LogReader
from core.run_directory import RunDirectory
from projections.engine.reader import ReadModel
from projections.engine.status import ProjectorStatus, projectors_behind
from projections.export.log import branch_point, run_name


class Status(msgspec.Struct, frozen=True):
    """`head`: newest position of the log, None without a log; no projectors without a read model.

    `run_id` names the run; None before it started. `parent` names the run that this one was branched from,
    `branched_at` the last episode that both share; None for a run that is no branch.
    """

    run_id: str | None
    events: str
    read_model: str
    head: int | None
    projectors: list[ProjectorStatus]
    parent: str | None = None
    branched_at: int | None = None


def status_of(run: RunDirectory) -> Status:
    """Read the status of both files of a run; either may be missing.

    Raises:
        StoreError: one of them is there but cannot be read.
    """
    # the read model first: the log may only be ahead of it
    model = ReadModel(run.read_model)
    head = run_id = branched = None
    if run.events.exists():
        log = LogReader(run.events)
        try:
            head, name, branched = log.head(), run_name(log), branch_point(log)
        finally:
            log.close()
        run_id = name.run_id if name is not None else None
    with model.snapshot() as connection:
        projectors = projectors_behind(connection, head) if connection is not None else []
    model.close()
    status = Status(run_id, str(run.events), str(run.read_model), head, projectors)
    if branched is None:
        return status
    return msgspec.structs.replace(status, parent=branched.parent_run_id, branched_at=branched.episode)


def render(status: Status) -> str:
    """A table for people."""
    if status.head is None:
        lines = [f"{status.events}: no log yet"]
    else:
        origin = f", branched from {status.parent} at episode {status.branched_at}" if status.parent else ""
        lines = [f"run {status.run_id}{origin}"] if status.run_id is not None else []
        lines.append(f"{status.events}: position {status.head}")
    if not status.projectors:
        return "\n".join([*lines, f"{status.read_model}: no read model yet"])
    lines += [status.read_model, ""]
    lines.append(
        f"{'projector':<14} {'ver':>3} {'position':>10} {'lag':>8} {'age':>8} {'events/s':>9}  state"
    )
    for projector in status.projectors:
        lag = "-" if projector.lag is None else str(projector.lag)
        age = "-" if projector.age is None else f"{projector.age:.1f} s"
        rate = "-" if projector.rate is None else f"{projector.rate:,.0f}"
        state = "ok"
        if projector.poison is not None:
            state = f"stopped at {projector.poison_position}: {projector.poison}"
        lines.append(
            f"{projector.name:<14} {projector.version:>3} {projector.position:>10} {lag:>8} {age:>8} "
            f"{rate:>9}  {state}"
        )
    return "\n".join(lines)
