"""What the worker asks of the file system for one more file does not grow with the number of files."""

import os
from pathlib import Path

import pytest

from server.snapshots.catalogue import Catalogue
from server.snapshots.gallery import gif_name, write_index


@pytest.mark.parametrize("files", [10, 2_000])
def test_one_more_file_costs_the_same_calls_however_many_there_are(
    tmp_path: Path, files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots, exports = tmp_path / "snapshots", tmp_path / "exports"
    snapshots.mkdir()
    exports.mkdir()
    for window in range(files):
        (snapshots / gif_name(window * 50 + 1, window * 50 + 50)).write_bytes(b"x")
    catalogue = Catalogue(snapshots, exports)
    assert len(catalogue.gallery(0.0).gifs) == files
    new = snapshots / gif_name(files * 50 + 1, files * 50 + 50)
    new.write_bytes(b"x")
    calls: list[str] = []
    for name in ("stat", "listdir", "scandir"):
        original = getattr(os, name)

        def counted(
            *arguments: object, name: str = name, original: object = original, **more: object
        ) -> object:
            calls.append(name)
            return original(*arguments, **more)  # type: ignore[operator]

        monkeypatch.setattr(os, name, counted)
    catalogue.add(new)
    write_index(snapshots, catalogue.gallery(0.0))
    monkeypatch.undo()
    assert 0 < len(calls) <= 6
    assert set(calls) == {"stat"}
