"""Event files for TensorBoard: one scalar per column of a dataset and episode. Needs the package tensorboard.

The step is the number of the episode, the wall time that of its record; NULL is left out. The names are
`DATASET/COLUMN`, so that several runs in one directory of logs lie over each other.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from projections.engine.dataset import Column

__all__ = ["STEP", "WALL_TIME", "has_steps", "write_tensorboard"]

STEP, WALL_TIME = "episode_id", "timestamp"


def has_steps(columns: tuple[Column, ...]) -> bool:
    """Whether a table has a number of the episode, and so can become scalars over episodes."""
    return any(column.name == STEP for column in columns)


def write_tensorboard(
    rows: Iterable[tuple[Any, ...]], columns: tuple[Column, ...], what: str, folder: Path
) -> int:
    """Write an event file into `folder`, which is made if it is not there; give the number of rows.

    Raises:
        ConfigError: tensorboard is not installed, or the table has no episodes.
        OSError: the folder cannot be written.
    """
    if not has_steps(columns):
        raise ConfigError(f"{what} has no column {STEP}: TensorBoard draws scalars over episodes")
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError as error:
        raise ConfigError("--format tensorboard needs tensorboard: pip install tensorboard") from error
    names = [column.name for column in columns]
    numbers = [
        (index, f"{what}/{column.name}")
        for index, column in enumerate(columns)
        if column.kind in ("integer", "real") and column.name not in (STEP, WALL_TIME)
    ]
    step = names.index(STEP)
    wall_time = names.index(WALL_TIME) if WALL_TIME in names else None
    folder.mkdir(parents=True, exist_ok=True)
    writer = EventFileWriter(str(folder))
    count = 0
    try:
        for row in rows:
            values = [
                Summary.Value(tag=tag, simple_value=float(row[index]))
                for index, tag in numbers
                if row[index] is not None
            ]
            at = float(row[wall_time]) if wall_time is not None else 0.0
            writer.add_event(Event(wall_time=at, step=row[step], summary=Summary(value=values)))
            count += 1
    finally:
        writer.close()
    return count
