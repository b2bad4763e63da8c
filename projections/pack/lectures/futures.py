"""The futures of a run: real branches of it, as lines beside its own."""

from collections.abc import Sequence
from pathlib import Path

import apsw
import msgspec

from core.definitions import WINDOW
from core.errors import ConfigError
from core.run_directory import in_folder
from projections.engine.reader import ReadModel
from projections.pack.lectures.curves import survival_curve
from projections.pack.story.pictures import Curve
from projections.readmodels.episodes import newest_episode
from projections.readmodels.run import read_run


class Future(msgspec.Struct, frozen=True):
    """A branch: the name of its directory, and its survival as points (episode, mean steps)."""

    name: str
    curve: Curve
    newest: int


def read_futures(folder: Path | None, connection: apsw.Connection) -> list[Future]:
    """The branches of a run among the run directories in `folder`, by name; none without a folder.

    Raises:
        ConfigError: `folder` is no directory, or holds no branch of the run.
        StoreError: a read model cannot be read.
    """
    run = read_run(connection)
    if folder is None or run is None:
        return []
    if not folder.is_dir():
        raise ConfigError(f"--futures {folder}: no such directory; give the one that holds the branches")
    found = [future for path in sorted(folder.iterdir()) if (future := _future(path, run.run_id)) is not None]
    if not found:
        raise ConfigError(
            f"--futures {folder}: holds no branch of this run with a read model;"
            " `producer branch --futures` makes them, `projections run` their read models"
        )
    return found


def _future(directory: Path, run_id: str) -> Future | None:
    read_model = in_folder(directory).read_model
    if not read_model.is_file():
        return None
    model = ReadModel(read_model)
    try:
        with model.snapshot() as connection:
            run = read_run(connection) if connection is not None else None
            if connection is None or run is None or run.parent is None or run.parent.run_id != run_id:
                return None
            newest = newest_episode(connection)
            curve = survival_curve(connection, newest, run.max_steps, None)
            since = [point for point in curve.points if point[0] >= run.parent.episode - WINDOW]
            return Future(directory.name, Curve("", since), newest)
    finally:
        model.close()


def named(futures: Sequence[Future]) -> list[Curve]:
    """The curves, the first one named for all of them."""
    return [
        msgspec.structs.replace(future.curve, name="its futures" if i == 0 else "")
        for i, future in enumerate(futures)
    ]
