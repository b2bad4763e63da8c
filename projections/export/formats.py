"""How rows become files: CSV as the sqlite3 shell prints it, typed Parquet, JSON Lines. All of them stream.

CSV is for the eye and for spreadsheets and has the shell's 15 digits; Parquet and JSON Lines keep every bit.
"""

import itertools
import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from projections.engine.dataset import Column
from projections.export.metadata import KEY, Metadata

Rows = Iterable[tuple[Any, ...]]

CHUNK = 20_000
"""Rows held in memory at once."""

NEEDS_QUOTES = re.compile(r"[\x00-\x20\"',\x7f-\U0010ffff]|^$")


def write_csv(rows: Rows, columns: tuple[Column, ...], path: Path, about: Metadata | None) -> int:
    """Byte for byte what `sqlite3 -csv -header` prints; NULL is empty, an empty text is `""`."""
    real = [i for i, column in enumerate(columns) if column.kind == "real"]
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file, closing(sqlite3.connect(":memory:")) as shell:
        shell.execute("CREATE TABLE reals (x REAL)")
        file.write(",".join(_csv_text(column.name) for column in columns) + "\n")
        for chunk in _chunks(rows):
            texts = _reals_as_text(shell, {row[i] for row in chunk for i in real})
            for row in chunk:
                cells = list(row)
                for i in real:
                    cells[i] = texts[row[i]]
                file.write(",".join(map(_csv_value, cells)) + "\n")
            count += len(chunk)
    return count


def _reals_as_text(shell: sqlite3.Connection, reals: set[float | None]) -> dict[float | None, str | None]:
    """As this machine's sqlite3 shell prints them: the standard library is linked with the same SQLite.

    Versions differ in how many digits they print and how they round the last one. No file is opened here.
    """
    shell.executemany("INSERT INTO reals VALUES (?)", ((x,) for x in reals))
    texts = dict(shell.execute("SELECT x, CAST(x AS TEXT) FROM reals").fetchall())
    shell.execute("DELETE FROM reals")
    return texts


def _csv_value(value: object) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else _csv_text(str(value))


def _csv_text(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if NEEDS_QUOTES.search(text) else text


def write_jsonl(rows: Rows, columns: tuple[Column, ...], path: Path, about: Metadata | None) -> int:
    """One JSON object a line."""
    names = [column.name for column in columns]
    embedded = [i for i, column in enumerate(columns) if column.kind == "json"]
    encoder = msgspec.json.Encoder()
    count = 0
    with path.open("wb") as file:
        for chunk in _chunks(rows):
            objects = []
            for row in chunk:
                values = dict(zip(names, row, strict=True))
                for i in embedded:
                    values[names[i]] = None if row[i] is None else msgspec.Raw(row[i])
                objects.append(values)
            file.write(encoder.encode_lines(objects))
            count += len(chunk)
    return count


def write_parquet(rows: Rows, columns: tuple[Column, ...], path: Path, about: Metadata | None) -> int:
    """Typed columns, zstd; what each means is in its field's metadata under `description`.

    `about` is in the file's metadata.
    """
    import pyarrow  # takes as long to load as all the rest of the program
    import pyarrow.parquet

    types = {
        "integer": pyarrow.int64(),
        "real": pyarrow.float64(),
        "text": pyarrow.string(),
        "json": pyarrow.string(),
    }
    schema = pyarrow.schema(
        [
            pyarrow.field(column.name, types[column.kind], metadata={"description": column.about})
            for column in columns
        ],
        metadata=None if about is None else {KEY: msgspec.json.encode(about)},
    )
    count = 0
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in _chunks(rows):
            arrays = [
                pyarrow.array(values, type=field.type)
                for values, field in zip(zip(*chunk, strict=True), schema, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            count += len(chunk)
    return count


def _chunks(rows: Rows) -> Iterable[list[tuple[Any, ...]]]:
    remaining = iter(rows)
    while chunk := list(itertools.islice(remaining, CHUNK)):
        yield chunk


Write: TypeAlias = Callable[[Rows, tuple[Column, ...], Path, Metadata | None], int]
FORMATS: dict[str, Write] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "jsonl": write_jsonl,
}
