"""Exported files: the text of awkward values, whole files, memory, and errors that name what is wrong."""

import math
import random
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import apsw
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from core.errors import ConfigError, StoreError
from projections.engine.dataset import Column
from projections.export import FORMATS, export, formats, write_rows
from projections.readmodels import READ_MODELS
from tests.support.sqlite_shell import shell


def test_awkward_values_are_printed_as_the_shell_does(tmp_path: Path) -> None:
    numbers = random.Random(0)
    doubles = [struct.unpack("d", numbers.randbytes(8))[0] for _ in range(200)]
    reals = [x for x in doubles if math.isfinite(x) and 1e-290 < abs(x) < 1e290]
    reals += [numbers.uniform(-500.0, 500.0) for _ in range(500)]
    reals += np.arange(1, 31_000, 61, dtype=np.uint16).view(np.float16).astype(float).tolist()  # ties
    reals += [0.0, -0.0, 1.0, -1.0, 1e15, 1e16, -1e20, 1e-4, 1e-5, 0.1 + 0.2, 1 / 3, math.inf, -math.inf]
    texts = [
        None, "", "plain", "two words", 'a "quoted" word', "it's", "comma,comma", "line\nbreak", "tab\t",
        "\x1f", "\x7f", "€", "naïve", "semi;colon", "#%&()*+-./:<=>?@[]^_`{|}~", "\\N", "NULL", " ",
    ]  # fmt: skip
    integers = [None, 0, -1, 2**63 - 1, -(2**63)]
    rows = [
        (integers[i % len(integers)], reals[i] if i % 50 else None, texts[i % len(texts)])
        for i in range(len(reals))
    ]
    database = apsw.Connection(str(tmp_path / "a.db"))
    database.execute('CREATE TABLE t (n INTEGER, x REAL, "a text" TEXT)')
    with database:
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    database.close()
    columns = (Column("n", "integer", ""), Column("x", "real", ""), Column("a text", "text", ""))
    write_rows(rows, columns, "csv", tmp_path / "a.csv")
    ours = (tmp_path / "a.csv").read_bytes()
    assert ours == shell(tmp_path / "a.db", "SELECT * FROM t")


def test_an_error_names_the_datasets_and_formats_there_are(
    connection: apsw.Connection, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"no dataset 'epsiodes'; there are episodes, episode_details"):
        export(connection, READ_MODELS, "epsiodes", "csv", tmp_path / "a")
    with pytest.raises(ConfigError, match="no format 'xls'; there are csv, parquet, jsonl"):
        export(connection, READ_MODELS, "episodes", "xls", tmp_path / "a")


@pytest.mark.thorough
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, file_format: str) -> None:
    out = tmp_path / "out"
    out.write_text("what was there before")

    def rows() -> Iterator[tuple[int]]:
        for number in range(50_000):
            assert out.read_text() == "what was there before"
            yield (number,)
        raise StoreError("the source broke off")

    with pytest.raises(StoreError, match="broke off"):
        write_rows(rows(), (Column("n", "integer", "number"),), file_format, out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert out.read_text() == "what was there before"


def test_a_place_that_cannot_be_written_is_named(connection: apsw.Connection, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/out\.csv: cannot be written"):
        export(connection, READ_MODELS, "episodes", "csv", tmp_path / "file" / "out.csv")


@pytest.mark.thorough
@pytest.mark.parametrize("file_format", FORMATS)
def test_memory_does_not_grow_with_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    monkeypatch.setattr(formats, "CHUNK", 1_000)
    columns = (Column("n", "integer", ""), Column("x", "real", ""), Column("t", "text", ""))

    def peak(count: int) -> int:
        rows = ((n, n / 7, f"row {n}") for n in range(count))
        tracemalloc.reset_peak()
        write_rows(rows, columns, file_format, tmp_path / "out")
        arrow = pyarrow.default_memory_pool().max_memory() if file_format == "parquet" else 0
        return tracemalloc.get_traced_memory()[1] + arrow

    peak(1_000)  # what is loaded once
    tracemalloc.start()
    try:
        few, many = peak(5_000), peak(50_000)
    finally:
        tracemalloc.stop()
    assert many < 1.25 * few
