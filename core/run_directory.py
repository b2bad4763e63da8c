"""Where a run keeps its files: from `--run-dir`, or from the HAMLET_* variables of the seed's contract.

Flags win over variables. Only names are decided here; nothing is created or opened.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from core.errors import ConfigError

EVENTS_NAME = "events.db"
READ_MODEL_NAME = "demo_state.db"


class RunDirectory(msgspec.Struct, frozen=True):
    """The files of one run.

    `events` is the log (written by the producer alone), `read_model` is `demo_state.db` (written by the
    projections alone); the other three are folders.
    """

    events: Path
    read_model: Path
    checkpoints: Path
    snapshots: Path
    exports: Path


def in_folder(folder: Path) -> RunDirectory:
    """The layout of a run directory: everything in one folder."""
    return RunDirectory(
        events=folder / EVENTS_NAME,
        read_model=folder / READ_MODEL_NAME,
        checkpoints=folder / "checkpoints",
        snapshots=folder / "snapshots",
        exports=folder / "exports",
    )


def locate(run_dir: Path | None, environment: Mapping[str, str]) -> RunDirectory:
    """Find a run's files from the flag `--run-dir`, else from the environment.

    `HAMLET_DB_PATH` names `demo_state.db`, or the directory it is in; `HAMLET_EVENTS_PATH`,
    `HAMLET_CHECKPOINT_DIR` and `HAMLET_SNAPSHOT_DIR` default to places beside it.

    Raises:
        ConfigError: neither the flag nor `HAMLET_DB_PATH` is given.
    """
    if run_dir is not None:
        return in_folder(run_dir)
    named = environment.get("HAMLET_DB_PATH")
    if not named:
        raise ConfigError(
            "no run directory: give --run-dir DIR, or set HAMLET_DB_PATH to a directory or a demo_state.db"
        )
    read_model = Path(named)
    if read_model.is_dir() or named.endswith("/"):
        read_model = read_model / READ_MODEL_NAME
    beside = in_folder(read_model.parent)
    snapshots = Path(environment.get("HAMLET_SNAPSHOT_DIR") or beside.snapshots)
    return RunDirectory(
        events=Path(environment.get("HAMLET_EVENTS_PATH") or beside.events),
        read_model=read_model,
        checkpoints=Path(environment.get("HAMLET_CHECKPOINT_DIR") or beside.checkpoints),
        snapshots=snapshots,
        exports=snapshots.parent / "exports",
    )
