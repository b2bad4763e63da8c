"""Pictures of history made by the commands, of a run that nobody serves."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from projections.readmodels.captures import Captures
from server.api import captures

pytestmark = pytest.mark.browser
SERVER = Path(sys.executable).parent / "server"


def call(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SERVER, *map(str, arguments)], capture_output=True, text=True, timeout=600)


@pytest.fixture
def run_dir(history: Path, tmp_path: Path) -> Path:
    """A copy of the run, whose folder of snapshots is empty."""
    copy = tmp_path / "run"
    copy.mkdir()
    for name in ("events.db", "demo_state.db"):
        shutil.copy(history / name, copy / name)
    return copy


def test_the_pictures_that_are_missing_are_made_and_no_others(run_dir: Path) -> None:
    wanted = ("snapshots", "--run-dir", run_dir, "--history", "--every", 600, "--size", "1280x720")
    made = call(*wanted)
    assert (made.returncode, made.stdout) == (0, "3 pictures made\n"), made.stderr
    folder = run_dir / "snapshots" / "history"
    pictures = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(pictures) == [f"history_ep{n}_page_light_1280x720.png" for n in ("1200", "1", "600")]
    gone = folder / "history_ep600_page_light_1280x720.png"
    gone.unlink()
    assert call(*wanted).stdout == "1 pictures made\n"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == pictures, "the same bytes again"
    index = json.loads((run_dir / "snapshots" / "index.json").read_bytes())
    assert [picture["episode"] for picture in index["history"]] == [1, 600, 1200]
    assert captures(run_dir / "snapshots") == Captures(screenshots=[], gifs=[], history=[1, 600, 1200])


def test_one_picture_of_a_panel_is_kept_out_of_the_gallery(run_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "survival.png"
    made = call("screenshot", "--run-dir", run_dir, "--episode", 700, "--out", out, "--panel", "Survival")
    assert made.returncode == 0, made.stderr
    with Image.open(out) as picture:
        assert picture.width < 1000
    assert not (run_dir / "snapshots").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--episode", 9_999, "--out", "{}/a.png"), "--episode 9999: the run has the episodes 1 to 1200"),
        (("--episode", 9, "--out", "{}/a.bmp"), "the name must end with .png, .jpg, .jpeg"),
        (("--episode", 9, "--out", "{}/none/a.png"), "there is no folder"),
        (("--episode", 9, "--out", "{}/a.png", "--size", "9x9"), "--size 9x9: not a size in pixels"),
        (("--episode", 9, "--out", "{}/a.png", "--panel", "Nope"), "--panel Nope: no such panel"),
    ],
)
def test_what_cannot_be_pictured_is_said_in_a_sentence(
    run_dir: Path, tmp_path: Path, arguments: tuple[object, ...], why: str
) -> None:
    given = [str(argument).format(tmp_path) for argument in arguments]
    ended = call("screenshot", "--run-dir", run_dir, *given)
    assert ended.returncode != 0
    assert why in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.glob("a.*"))
