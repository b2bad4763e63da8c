"""Tables for analysis: the datasets of the read models, written as files (`formats`).

Rows stream from one consistent view of the read models to the disk, so a million of them need no more memory
than a thousand. The raw log, which only the command line can read, is `projections.export.log`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw

from core.errors import ConfigError, StoreError
from core.process.files import atomic_replace
from projections.engine.dataset import EVERYTHING, Column, Dataset
from projections.engine.projector import Projector
from projections.export.formats import FORMATS
from projections.export.metadata import Metadata, metadata, read_run_name, sidecar, write_sidecar
from projections.export.tensorboard import write_tensorboard

__all__ = ["FORMATS", "TENSORBOARD", "datasets", "export", "require_episode", "write_rows"]

TENSORBOARD = "tensorboard"
"""The format that writes into a folder and not a file."""


def datasets(read_models: Sequence[type[Projector]]) -> dict[str, Dataset]:
    """Every dataset of the read models, by name."""
    return {dataset.name: dataset for read_model in read_models for dataset in read_model.datasets}


def export(
    connection: apsw.Connection,
    read_models: Sequence[type[Projector]],
    what: str,
    file_format: str,
    out: Path,
    as_of: int | None = None,
    about_file: Path | None = None,
) -> int:
    """Write the dataset `what` of a read model to `out`; give the number of rows.

    `as_of`: only what was there at the end of that episode of the present lineage. `about_file` gets the
    metadata of formats that cannot hold any; by default `out.meta.json`. For the format "tensorboard" `out`
    is a folder.

    Raises:
        ConfigError: no such dataset or format, or the dataset has no episodes to cut at.
        StoreError: there is no such episode, or the file cannot be written; nothing is left behind.
    """
    known = datasets(read_models)
    if what not in known:
        raise ConfigError(f"no dataset {what!r}; there are {', '.join(known)}")
    dataset = known[what]
    if as_of is not None:
        if not dataset.by_episode:
            raise ConfigError(
                f"{what} cannot be cut at an episode; `projections at --episode` shows a moment"
            )
        require_episode(connection, as_of)
    rows = dataset.rows(connection, as_of if as_of is not None else EVERYTHING)
    if file_format == TENSORBOARD:
        try:
            return write_tensorboard(rows, dataset.columns(connection), what, out)
        except OSError as error:
            raise StoreError(f"{out}: cannot be written ({error.strerror or error})") from error
    columns, run = dataset.columns(connection), read_run_name(connection)
    about = metadata(run, what, columns, as_of) if run is not None else None
    return write_rows(rows, columns, file_format, out, about, about_file)


def require_episode(connection: apsw.Connection, episode: int) -> None:
    """Check that the present lineage has an episode.

    Raises:
        StoreError: it does not.
    """
    newest = connection.execute("SELECT max(episode_id) FROM episodes").get or 0
    if not 1 <= episode <= newest:
        raise StoreError(f"there is no episode {episode}; the run has 1 to {newest}")


def write_rows(
    rows: Iterable[tuple[Any, ...]],
    columns: tuple[Column, ...],
    file_format: str,
    out: Path,
    about: Metadata | None = None,
    about_file: Path | None = None,
) -> int:
    """Write rows to `out`, which appears whole or, if anything goes wrong, not at all; give their number.

    `about` goes into a Parquet file, else into `about_file`, by default `out.meta.json`.

    Raises:
        ConfigError: no such format.
        StoreError: the file cannot be written.
    """
    if file_format not in FORMATS:
        raise ConfigError(f"no format {file_format!r}; there are {', '.join(FORMATS)}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_replace(out) as unfinished:
            count = FORMATS[file_format](rows, columns, unfinished, about)
        if about is not None and file_format != "parquet":
            write_sidecar(about_file or sidecar(out), about)
        return count
    except OSError as error:
        raise StoreError(f"{out}: cannot be written ({error.strerror or error})") from error
