"""Films made by the command, looked at with PyAV: frames, size, duration, colours, key frames, chapters."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.support.processes import wait_until

pytestmark = pytest.mark.browser
SERVER = Path(sys.executable).parent / "server"


@pytest.fixture
def run_dir(history: Path, tmp_path: Path) -> Path:
    """A copy of the run."""
    copy = tmp_path / "run"
    copy.mkdir()
    for name in ("events.db", "demo_state.db"):
        shutil.copy(history / name, copy / name)
    return copy


def film(run_dir: Path, *flags: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SERVER, "film", run_dir, *map(str, flags)],
        env=os.environ | variables, capture_output=True, text=True, timeout=900,
    )  # fmt: skip


def test_a_film_of_the_run_is_tagged_chaptered_and_has_its_captions(run_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.mp4"
    made = film(run_dir, "--out", out, "--seconds", 5, "--size", "640x360")
    assert made.returncode == 0, made.stderr
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.average_rate) == (640, 360, 30)
        assert stream.codec_context.color_primaries == stream.codec_context.color_trc == 1, "BT.709"
        titles = [chapter["metadata"]["title"] for chapter in container.chapters()]
        frames = list(container.decode(stream))
        assert {int(frame.colorspace) for frame in frames} == {1}, "BT.709"
        keys = [float(frame.time or 0) for frame in frames if frame.key_frame]
    assert 4 * 30 <= len(frames) <= 6 * 30
    assert max(later - earlier for earlier, later in itertools.pairwise(keys)) <= 2.1
    assert any(title.startswith("Everything in town moves · episode 601") for title in titles)
    corner = frames[0].to_ndarray(format="rgb24")[2, 2].astype(int)
    assert abs(corner - (0xFC, 0xFB, 0xF8)).max() <= 4, "the paper's colour comes back"
    content = out.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "+faststart"
    assert out.with_suffix(".vtt").read_text().startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert "Everything in town moves" in out.with_suffix(".txt").read_text()


def test_one_episode_is_a_gif(run_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "one.gif"
    made = film(run_dir, "--out", out, "--episode", 2, "--size", "320x180")
    assert made.returncode == 0, made.stderr
    with Image.open(out) as picture:
        assert picture.size == (320, 180)
        assert getattr(picture, "n_frames", 1) > 3


def test_two_episodes_stand_side_by_side(run_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "pair.webp"
    made = film(run_dir, "--out", out, "--compare", 1, 2, "--with", run_dir, "--size", "800x600")
    assert made.returncode == 0, made.stderr
    with Image.open(out) as picture:
        assert picture.size == (800, 600)
        assert getattr(picture, "n_frames", 1) > 3
        first = picture.convert("RGB")
    left, right = first.crop((0, 0, 400, 600)), first.crop((400, 0, 800, 600))
    assert left.tobytes() != right.tobytes()


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--out", "{}/a.avi"), "the name must end with .mp4, .gif, .webp"),
        (("--out", "{}/no/a.mp4"), "there is no folder"),
        (("--out", "{}/a.mp4", "--size", "641x360"), "even numbers of pixels"),
        (("--out", "{}/a.gif"), "only a film of one episode"),
        (("--out", "{}/a.mp4", "--episode", "9999"), "the run has the episodes 1 to 1200"),
        (
            ("--out", "{}/a.mp4", "--compare", "1", "9999"),
            "--compare 9999: the run has the episodes 1 to 1200",
        ),
        (("--out", "{}/a.mp4", "--compare", "1", "2", "--heatmap"), "a film is one of them"),
        (("--out", "{}/a.mp4", "--with", "{}/run"), "--with names the run of the second episode"),
    ],
)
def test_what_cannot_be_filmed_is_said_in_a_sentence(
    run_dir: Path, tmp_path: Path, flags: tuple[str, ...], why: str
) -> None:
    ended = film(run_dir, *(flag.format(tmp_path) for flag in flags))
    assert ended.returncode != 0
    assert why in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.glob("*.*"))


def test_without_the_encoder_it_says_what_to_install(run_dir: Path, tmp_path: Path) -> None:
    ended = film(run_dir, "--out", tmp_path / "a.mp4", PATH="")
    assert ended.returncode != 0
    assert "no ffmpeg program: install the system's" in ended.stderr


def test_a_film_that_is_interrupted_leaves_nothing(run_dir: Path, tmp_path: Path) -> None:
    command = [SERVER, "film", run_dir, "--out", tmp_path / "a.mp4", "--seconds", "600"]
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        wait_until(lambda: bool(list(tmp_path.glob(".a.unfinished*"))))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode != 0
    assert not list(tmp_path.glob("*.mp4"))
    assert not list(tmp_path.glob(".a*"))
