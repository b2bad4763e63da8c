"""Files that are written whole or not at all."""

import contextlib
from pathlib import Path

import apsw
import pytest

from core.process.files import atomic_replace, atomic_write, remove_unfinished


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"old")
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["file"]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with contextlib.suppress(ZeroDivisionError), atomic_replace(path) as unfinished:
        unfinished.write_bytes(b"half")
        assert path.read_bytes() == b"old"
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_target_that_cannot_be_replaced_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        atomic_write(tmp_path / "folder", b"new")
    assert names(tmp_path) == ["folder"]


def test_a_database_leaves_none_of_its_side_files(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    with contextlib.suppress(ZeroDivisionError), atomic_replace(path) as unfinished:
        connection = apsw.Connection(str(unfinished))
        connection.pragma("journal_mode", "wal")
        connection.execute("CREATE TABLE t (a)")
        raise ZeroDivisionError
    assert names(tmp_path) == []


def test_leftovers_of_a_killed_process_are_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = ["a.txt", ".a.txt", "a.txt.unfinished-7", ".b.txt.unfinished-7"]
    for name in [*kept, ".a.txt.unfinished-7", ".a.txt.unfinished", ".a.txt.unfinished-7-wal"]:
        (tmp_path / name).touch()
    remove_unfinished(tmp_path, "a.*")
    assert names(tmp_path) == sorted(kept)
