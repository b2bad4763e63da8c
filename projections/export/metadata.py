"""What an exported file is: which run, which table, as of when. It travels with the file.

A Parquet file holds it in its own metadata, under `hamlet`. CSV has to be byte for byte what sqlite3 prints
and a line of JSON Lines is a row, so `NAME.meta.json` stands beside these files.
"""

from pathlib import Path

import apsw
import msgspec

from core.process.files import atomic_write
from core.version import VERSION
from projections.engine.dataset import Column

__all__ = ["KEY", "Metadata", "RunName", "metadata", "read_run_name", "sidecar", "write_sidecar"]

KEY = "hamlet"
"""Key in the metadata of a Parquet file; the value is the JSON of `Metadata`."""


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The run and the table of an export.

    `as_of`: the episode that the table was cut at, None for the newest state. `columns`: name → meaning.
    `version` is that of Hamlet.
    """

    run_id: str
    config_name: str
    seed: int
    dataset: str
    as_of: int | None
    columns: dict[str, str]
    version: str = VERSION


class RunName(msgspec.Struct, frozen=True, kw_only=True):
    """What names a run: the id is unique, configuration and seed are for people."""

    run_id: str
    config_name: str
    seed: int


def read_run_name(connection: apsw.Connection) -> RunName | None:
    """The name of the run in the read models; None before it started."""
    row = connection.execute("SELECT run_id, config_name, seed FROM run_facts").fetchone()
    return None if row is None else RunName(run_id=row[0], config_name=row[1], seed=row[2])


def metadata(run: RunName, dataset: str, columns: tuple[Column, ...], as_of: int | None) -> Metadata:
    """The metadata of an export of `dataset`."""
    return Metadata(
        run_id=run.run_id,
        config_name=run.config_name,
        seed=run.seed,
        dataset=dataset,
        as_of=as_of,
        columns={column.name: column.about for column in columns},
    )


def sidecar(out: Path) -> Path:
    """The file beside `out` with its metadata."""
    return out.with_name(f"{out.name}.meta.json")


def write_sidecar(path: Path, about: Metadata) -> None:
    """Write the metadata to `path`, whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    atomic_write(path, msgspec.json.format(msgspec.json.encode(about)) + b"\n")
