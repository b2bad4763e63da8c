"""Opening databases: safe library versions only, the pragmas of the design, one sentence when refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from core.errors import StoreError
from core.process.sqlite import open_reader, open_writer, require_safe_library


@pytest.mark.parametrize("version", ["3.51.3", "3.52.0", "3.54.1", "4.0.0"])
def test_a_safe_library_is_accepted(version: str) -> None:
    require_safe_library(version)


@pytest.mark.parametrize("version", ["3.7.0", "3.40.1", "3.51.2", "2.8.17"])
def test_a_library_that_loses_commits_is_refused(version: str) -> None:
    with pytest.raises(StoreError, match=rf"SQLite {version} can lose commits .* 3\.51\.3 or later"):
        require_safe_library(version)


@pytest.mark.parametrize("version", ["", "trunk", "3.x.9"])
def test_a_version_nobody_can_read_is_refused(version: str) -> None:
    with pytest.raises(StoreError):
        require_safe_library(version)


@pytest.mark.parametrize("opening", ["writer", "reader"])
def test_no_file_is_opened_with_an_unsafe_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opening: str
) -> None:
    path = tmp_path / "a.db"
    open_writer(path, "FULL").close()
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.40.1")
    with pytest.raises(StoreError, match=r"3\.40\.1 can lose commits"):
        open_writer(path, "FULL") if opening == "writer" else open_reader(path)


def test_a_writer_has_the_pragmas_of_the_design(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "deep" / "a.db", "FULL")
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("busy_timeout") == 10_000
    assert connection.pragma("journal_size_limit") == 16 * 1024 * 1024
    connection.close()


def test_the_lock_of_another_connection_is_waited_for(tmp_path: Path) -> None:
    """busy_timeout counts before journal_mode is set, which needs a lock itself."""
    path = tmp_path / "a.db"
    holder = apsw.Connection(str(path))
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN EXCLUSIVE")
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(open_writer, path, "FULL")
        with pytest.raises(TimeoutError):
            opening.result(timeout=0.3)
        holder.execute("ROLLBACK")
        connection = opening.result(timeout=120)
    assert connection.pragma("journal_mode") == "wal"
    connection.close()
    holder.close()


@pytest.mark.parametrize("opening", ["writer", "reader"])
def test_garbage_is_named(tmp_path: Path, opening: str) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError, match=rf"{path}: cannot be .*file is not a database"):
        open_writer(path, "FULL") if opening == "writer" else open_reader(path)
    assert path.read_bytes() == b"this is no database at all" * 100


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/a\.db: cannot be opened for writing"):
        open_writer(tmp_path / "file" / "a.db", "FULL")


def test_a_reader_needs_a_file_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with pytest.raises(StoreError, match="no such database"):
        open_reader(path)
    assert not path.exists()
    writer = open_writer(path, "FULL")
    writer.execute("CREATE TABLE t (x)")
    reader = open_reader(path)
    with pytest.raises(apsw.ReadOnlyError):
        reader.execute("INSERT INTO t VALUES (1)")
    reader.close()
    writer.close()


@pytest.mark.parametrize("open_it", [open_reader, lambda path: open_writer(path, "FULL")])
def test_a_directory_in_place_of_a_database_is_named(
    tmp_path: Path, open_it: Callable[[Path], apsw.Connection]
) -> None:
    with pytest.raises(StoreError, match=f"{tmp_path}: a directory"):
        open_it(tmp_path)
