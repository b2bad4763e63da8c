"""The index says what lies in the folders, from names alone, and appears whole."""

from pathlib import Path

import pytest

from core.errors import StoreError
from server.snapshots import gallery
from server.snapshots.catalogue import Catalogue
from server.snapshots.files import clear_leftovers, write_whole
from server.snapshots.gallery import (
    export_name,
    gif_name,
    read_index,
    screenshot_name,
    write_index,
)

NOW = 1_790_000_000.0


def test_names_carry_what_the_index_says(tmp_path: Path) -> None:
    snapshots, exports = tmp_path / "snapshots", tmp_path / "exports"
    for name in (screenshot_name(NOW), gif_name(51, 100), gif_name(1, 50), "notes.txt", "index.json.1.part"):
        write_whole(snapshots / name, b"abc")
    for name in (export_name(NOW), "final_metrics.csv", "mine.csv"):
        write_whole(exports / name, b"abcd")

    found = Catalogue(snapshots, exports).gallery(NOW)

    assert [(picture.name, picture.taken_at) for picture in found.screenshots] == [
        ("screenshot_20260921T141320Z.png", NOW)
    ]
    assert [(gif.first, gif.last, gif.bytes) for gif in found.gifs] == [(1, 50, 3), (51, 100, 3)]
    assert {export.name: export.final for export in found.exports} == {
        "metrics_20260921T141320Z.csv": False,
        "final_metrics.csv": True,
    }
    write_index(snapshots, found)
    assert read_index(snapshots) == found


def test_no_index_yet_is_an_empty_gallery_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    assert read_index(tmp_path).gifs == []
    (tmp_path / "index.json").write_bytes(b'{"updated_at": "yester')
    with pytest.raises(StoreError, match=r"index\.json: cannot be read"):
        read_index(tmp_path)


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_part(tmp_path: Path) -> None:
    target = tmp_path / "novelty_ep1-50.gif"
    write_whole(target, b"old")
    (tmp_path / "folder.gif").mkdir()
    with pytest.raises(StoreError, match=r"folder\.gif: cannot be written"):
        write_whole(tmp_path / "folder.gif", b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.gif", "novelty_ep1-50.gif"]
    assert target.read_bytes() == b"old"


def test_what_a_killed_worker_left_unfinished_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    kept = {"screenshot_20260921T141320Z.png", "final_metrics.csv", "notes.part.txt", ".mine.unfinished-3"}
    gone = {
        "screenshot_20260921T141320Z.png.77.part",
        ".screenshot_20260921T141320Z.png.unfinished-77",
        ".metrics_20260921T141320Z.csv.unfinished-77",
        ".final_metrics.csv.unfinished-77",
    }
    for name in kept | gone:
        (tmp_path / name).write_bytes(b"half")
    clear_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_the_catalogue_lists_a_folder_again_only_when_somebody_else_changed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots = tmp_path / "snapshots"
    for number in range(1, 101):
        write_whole(snapshots / gif_name(number, number), b"gif")
    catalogue = Catalogue(snapshots, tmp_path / "exports")
    assert len(catalogue.gallery(NOW).gifs) == 100
    read: list[str] = []
    entry_of = gallery.read_snapshot
    folder = catalogue._folders[snapshots]
    monkeypatch.setattr(folder, "_read_entry", lambda path: read.append(path.name) or entry_of(path))

    write_whole(snapshots / gif_name(101, 101), b"gif")
    catalogue.add(snapshots / gif_name(101, 101))
    catalogue.delete(snapshots, [gif_name(1, 1)])
    assert [gif.first for gif in catalogue.gallery(NOW).gifs] == list(range(2, 102))
    assert read == [gif_name(101, 101)], "one file made, one file read"

    (snapshots / gif_name(50, 50)).unlink()
    write_whole(snapshots / screenshot_name(NOW), b"png")
    found = catalogue.gallery(NOW)
    assert (len(found.gifs), len(found.screenshots)) == (99, 1)
