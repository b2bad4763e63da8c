"""Streams by the command, to ffmpeg as RTMP server on loopback and into files, looked at with PyAV."""

import itertools
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from server.stream.status import StreamStatus, read_status
from tests.support.processes import (
    Process,
    Start,
    end,
    run_command,
    unused_port,
    wait_until,
)
from tests.support.rtmp import Received, look_into, receiving

pytestmark = pytest.mark.browser
KEY = "abcd-s3cr3t-efgh"
FPS = 10
SECONDS = 3 * FPS
"""Frames that hold a keyframe, whenever one began to count."""
SMALL = ("--size", "640x360", "--fps", FPS, "--kbps", 300)
LIMIT_SECONDS = 300.0

Report = Callable[[], StreamStatus]


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """What the stream of the run in `tmp_path` reported last."""

    def read() -> StreamStatus:
        status = read_status(tmp_path / "snapshots")
        assert status is not None
        return status

    return read


def stream_of(run_dir: Path, address: str) -> tuple[object, ...]:
    """The command for a small stream of the page at `address`; what is reported goes to `run_dir`."""
    return ("server", "stream", "--run-dir", run_dir, "--url", f"{address}/", *SMALL)


def wait_for_recording(file: Path) -> None:
    """Wait until a receiver has written what it got for a while; it looks before it writes."""
    wait_until(lambda: file.is_file() and file.stat().st_size > 100_000, LIMIT_SECONDS)


def wait_for_frames(report: Report, stream: Process, more: int = SECONDS) -> None:
    """Wait until so many more frames were sent."""
    before = report().counts.sent
    wait_until(lambda: report().counts.sent >= before + more or stream.poll() is not None, LIMIT_SECONDS)
    assert stream.poll() is None


def wait_for_state(tmp_path: Path, report: Report, state: str, stream: Process) -> None:
    def reached() -> bool:
        assert stream.poll() is None
        return read_status(tmp_path / "snapshots") is not None and report().state == state

    wait_until(reached, LIMIT_SECONDS)


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def check_as_platforms_want_it(received: Received) -> None:
    assert (received.size, received.codecs) == ((640, 360), ("h264", "aac"))
    assert received.colours == (1, 1, 1), "BT.709"
    assert received.frames[0] == received.keys[0], "it begins with a keyframe"
    assert gaps(received.keys) == pytest.approx([2.0] * (len(received.keys) - 1), abs=0.05)
    # where a recording is cut off, the last frames may lack those between them
    frames = received.frames[:-4]
    assert gaps(frames) == pytest.approx([1 / FPS] * (len(frames) - 1), abs=0.005)
    assert abs(received.sound[-1] - received.frames[-1]) < 0.5
    off = [abs(part - paper) for part, paper in zip(received.corner, (0xFC, 0xFB, 0xF8), strict=True)]
    assert max(off) <= 6, "the paper's colour comes back"


def everything_said_to_the_system(stream: Process) -> str:
    """The command lines of a process and of all below it, and what those below have in their environment."""
    parent = psutil.Process(stream.pid)
    said = " ".join(parent.cmdline())
    for child in parent.children(recursive=True):
        try:
            said += " ".join([*child.cmdline(), *child.environ().values()])
        except psutil.Error:
            continue
    return said


def test_a_receiver_that_dies_gets_the_stream_again_and_the_recording_has_no_gap(
    tmp_path: Path, address: str, start: Start, report: Report
) -> None:
    port = unused_port()
    with receiving(port, "live", KEY, tmp_path / "first.mkv") as first:
        stream = start(
            *stream_of(tmp_path, address), "--to", f"rtmp://127.0.0.1:{port}/live",
            environment={"HAMLET_STREAM_KEY": KEY},
        )  # fmt: skip
        wait_for_state(tmp_path, report, "live", stream)
        wait_for_recording(tmp_path / "first.mkv")
        assert KEY not in everything_said_to_the_system(stream)
        first.send_signal(signal.SIGKILL)
        first.wait()
        wait_for_state(tmp_path, report, "reconnecting", stream)
    with receiving(port, "live", KEY, tmp_path / "second.mkv") as second:
        wait_for_state(tmp_path, report, "live", stream)
        wait_for_recording(tmp_path / "second.mkv")
        assert end(stream) == 0
        assert second.wait(timeout=LIMIT_SECONDS) == 0, "the stream was ended in good order"
    ended = report()
    assert (ended.state, ended.counts.reconnects, ended.counts.encoders) == ("ended", 1, 0)
    assert ended.counts.lost > 0
    for name in ("first.mkv", "second.mkv"):
        check_as_platforms_want_it(look_into(tmp_path / name))
    (recording,) = (tmp_path / "stream").glob("hamlet-*.mkv")
    recorded = look_into(recording)
    check_as_platforms_want_it(recorded)
    assert len(recorded.frames) == ended.counts.sent
    log = next(tmp_path.rglob("server-*.log")).read_text()
    assert "connecting again" in log
    assert KEY not in log + (tmp_path / "snapshots" / "stream.json").read_text()


def test_a_broadcast_ends_and_another_one_begins(tmp_path: Path, address: str, start: Start) -> None:
    port = unused_port()
    (tmp_path / "key").write_text(KEY)
    with receiving(port, "live", KEY, tmp_path / "first.mkv") as first:
        stream = start(
            *stream_of(tmp_path, address), "--to", f"rtmp://127.0.0.1:{port}/live",
            "--key-file", tmp_path / "key", "--broadcast-hours", 0.003, "--pause-seconds", 0,
            "--archive-gb", 0,
        )  # fmt: skip
        assert first.wait(timeout=LIMIT_SECONDS) == 0, "the first broadcast was ended in good order"
    with receiving(port, "live", KEY, tmp_path / "second.mkv") as second:
        assert second.wait(timeout=LIMIT_SECONDS) == 0
        assert end(stream) == 0
    assert not (tmp_path / "stream").exists()
    for name in ("first.mkv", "second.mkv"):
        check_as_platforms_want_it(look_into(tmp_path / name))


def test_a_file_goes_on_while_the_browser_is_renewed_and_when_it_is_killed(
    tmp_path: Path, address: str, start: Start, report: Report
) -> None:
    file = tmp_path / "live.mkv"
    stream = start(*stream_of(tmp_path, address), "--to", file, "--renew-hours", 0.002)
    wait_for_state(tmp_path, report, "live", stream)
    wait_until(lambda: report().counts.browsers >= 1 or stream.poll() is not None, LIMIT_SECONDS)
    kill_a_browser(stream)
    replaced = report().counts.browsers
    wait_until(lambda: report().counts.browsers > replaced or stream.poll() is not None, LIMIT_SECONDS)
    wait_for_frames(report, stream)
    assert end(stream) == 0
    recorded = look_into(file)
    check_as_platforms_want_it(recorded)
    assert len(recorded.frames) == report().counts.sent


def arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def kill_a_browser(stream: Process) -> None:
    """Kill the first process of a browser of this stream."""
    for child in psutil.Process(stream.pid).children(recursive=True):
        line = arguments(child)
        if "--headless" in line and not any(part.startswith("--type=") for part in line):
            os.kill(child.pid, signal.SIGKILL)
            return
    raise AssertionError("the stream has no browser")


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP])
def test_an_encoder_that_is_killed_or_hangs_is_replaced(
    tmp_path: Path, address: str, start: Start, report: Report, sent: signal.Signals
) -> None:
    stream = start(*stream_of(tmp_path, address), "--to", tmp_path / "a.mkv")
    wait_for_state(tmp_path, report, "live", stream)
    wait_for_frames(report, stream)
    children = psutil.Process(stream.pid).children()
    (encoder,) = (child for child in children if "image2pipe" in arguments(child))
    encoder.send_signal(sent)
    wait_until(lambda: report().counts.encoders == 1 or stream.poll() is not None, LIMIT_SECONDS)
    wait_for_frames(report, stream)
    assert end(stream) == 0
    check_as_platforms_want_it(look_into(tmp_path / "a-2.mkv"))
    log = next(tmp_path.rglob("server-*.log")).read_text()
    assert ("ffmpeg has taken no picture" in log) == (sent == signal.SIGSTOP)


def test_the_preflight_checks_what_a_receiver_gets(tmp_path: Path, address: str) -> None:
    ended = run_command(*stream_of(tmp_path, address), "--preflight", limit=600)
    said = dict(line[5:].split(": ", 1) for line in ended.stdout.splitlines())
    checked = {"picture", "keyframes", "rate", "sound", "video", "audio", "colours", "pace"}
    assert set(said) == checked, ended.stderr
    # whether this machine is fast enough is not the test's question
    assert [line for line in ended.stdout.splitlines() if line.startswith("BAD") and "pace" not in line] == []


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ((), "--to: say where the stream goes"),
        (("--to", f"rtmp://127.0.0.1/live/{KEY}"), "can be seen by every user"),
        (("--to", "rtmp://127.0.0.1/live"), "holds no stream key"),
        (("--to", "{}/a.mp4"), "nor a file F.mkv"),
        (("--to", "{}/there.mkv"), "is there already"),
        (("--to", "{}/a.mkv", "--size", "641x360"), "even numbers of pixels"),
        (("--to", "{}/a.mkv", "--url", "ftp://x"), "not an address of a page"),
    ],
)
def test_what_cannot_be_streamed_is_said_in_a_sentence(
    tmp_path: Path, flags: tuple[str, ...], why: str
) -> None:
    (tmp_path / "there.mkv").touch()
    ended: subprocess.CompletedProcess[str] = run_command(
        "server", "stream", "--run-dir", tmp_path, *(flag.format(tmp_path) for flag in flags)
    )
    assert ended.returncode == 78
    assert why in ended.stderr
    assert "Traceback" not in ended.stderr
    assert KEY not in ended.stderr
