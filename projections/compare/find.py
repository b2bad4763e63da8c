"""Find the runs that a user names: by path, or by name or run id in a directory of runs."""

from collections.abc import Sequence
from pathlib import Path

from core.archives import refuse_archive
from core.config_merge import known_or_nearest
from core.run_directory import EVENTS_NAME, READ_MODEL_NAME
from core.run_folders import find_runs as find_run_folders
from projections.compare.runs import NamedRun
from projections.engine.reader import ReadModel
from projections.engine.route import QueryError
from projections.readmodels.run import read_run

__all__ = ["find_runs"]


def find_runs(names: Sequence[str], folder: Path | None) -> list[NamedRun]:
    """The runs that `names` name, in this order; all runs in `folder` without names.

    A name is the path of a run directory, or with a `folder` the name of a directory in it, or a run id.

    Raises:
        ConfigError: an archive is named; it must be unpacked first.
        QueryError: no such run, or a directory that is no run.
    """
    inside = _inside(folder) if folder is not None else {}
    if not names:
        return list(inside.values())
    return [_find(name, inside, folder) for name in names]


def _inside(folder: Path) -> dict[str, NamedRun]:
    """The runs in and below a directory, by their names."""
    if not folder.is_dir():
        raise QueryError(f"{folder}: no such directory")
    found = {run.name: NamedRun(run.name, run.files.read_model) for run in find_run_folders(folder)}
    if not found:
        raise QueryError(f"{folder}: no run directory in there")
    return found


def _find(name: str, inside: dict[str, NamedRun], folder: Path | None) -> NamedRun:
    if name in inside:
        return inside[name]
    path = Path(name)
    refuse_archive(path)
    if path.is_dir():
        if not ((path / EVENTS_NAME).is_file() or (path / READ_MODEL_NAME).is_file()):
            raise QueryError(
                f"{name}: not a run directory; there is neither {EVENTS_NAME} nor {READ_MODEL_NAME}"
            )
        return NamedRun(path.resolve().name, path / READ_MODEL_NAME)
    for run in inside.values():
        if _run_id(run) == name:
            return run
    if folder is None:
        raise QueryError(
            f"{name}: no such run; give the path of a run directory, or --runs DIR and a name in it"
        )
    raise QueryError(f"{name}: no such run in {folder}{known_or_nearest(name, list(inside))}")


def _run_id(named: NamedRun) -> str | None:
    model = ReadModel(named.read_model)
    try:
        with model.snapshot() as connection:
            run = read_run(connection) if connection is not None else None
            return run.run_id if run is not None else None
    finally:
        model.close()
