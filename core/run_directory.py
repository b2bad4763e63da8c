"""Where a run keeps its files: from `--run-dir`, or from the HAMLET_* environment variables.

The option is used before the variables. This module only makes names; it creates and opens nothing.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from core.archives import refuse_archive
from core.errors import ConfigError

__all__ = ["ATTEMPTS_NAME", "EVENTS_NAME", "READ_MODEL_NAME", "RunDirectory", "in_folder", "locate"]

EVENTS_NAME = "events.db"
READ_MODEL_NAME = "demo_state.db"
ATTEMPTS_NAME = "attempts"
"""The folder in which a sweep keeps what it knows of its attempts at the run; a run by hand has none."""


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
    """The files of a run, from the option `--run-dir`, else from the environment.

    `HAMLET_DB_PATH` names the read model, a file whose name ends in `.db`, or the run directory: every other
    name is a directory, whether it exists yet or not. `HAMLET_EVENTS_PATH` names the log in the same way. The
    log, `HAMLET_CHECKPOINT_DIR` and `HAMLET_SNAPSHOT_DIR` default to places beside the read model.

    Raises:
        ConfigError: neither the flag nor `HAMLET_DB_PATH` is given; or the log and the read model would be
            the same file; or a name without `.db` is that of a file.
    """
    if run_dir is not None:
        return in_folder(run_dir)
    named = environment.get("HAMLET_DB_PATH")
    if not named:
        raise ConfigError(
            "no run directory: give --run-dir DIR, or set HAMLET_DB_PATH to a directory or a demo_state.db"
        )
    read_model = _database("HAMLET_DB_PATH", named, READ_MODEL_NAME)
    beside = in_folder(read_model.parent)
    snapshots = Path(environment.get("HAMLET_SNAPSHOT_DIR") or beside.snapshots)
    events = environment.get("HAMLET_EVENTS_PATH")
    log = _database("HAMLET_EVENTS_PATH", events, EVENTS_NAME) if events else beside.events
    if log.absolute() == read_model.absolute():
        raise ConfigError(
            f"HAMLET_DB_PATH: {named} would be the log and the read model at once;"
            f" name a directory, or a file called {READ_MODEL_NAME}"
        )
    return RunDirectory(
        events=log,
        read_model=read_model,
        checkpoints=Path(environment.get("HAMLET_CHECKPOINT_DIR") or beside.checkpoints),
        snapshots=snapshots,
        exports=snapshots.parent / "exports",
    )


def _database(variable: str, named: str, default_name: str) -> Path:
    """The database file that a variable names, or the one called `default_name` in the directory it names."""
    path = Path(named)
    if named.endswith("/") or path.is_dir():
        return path / default_name
    if path.suffix == ".db":
        return path
    if path.is_file():
        refuse_archive(path)
        raise ConfigError(
            f"{variable}: {named} is a file whose name does not end in .db; name a directory, or a .db file"
        )
    return path / default_name
