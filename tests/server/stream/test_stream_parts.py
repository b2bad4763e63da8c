"""The parts of a stream that need neither browser nor encoder: clock, archive, report, checks."""

import threading
import time
from pathlib import Path

import httpx
import msgspec
import pytest

from core.run_directory import in_folder
from server.stream.archive import Recording, read_archive, to_delete
from server.stream.encoder import StreamEncoder
from server.stream.flv import AUDIO, VIDEO, Tag
from server.stream.frame_clock import CATCH_UP_SECONDS, FrameClock, Timestamps
from server.stream.preflight import check_description, check_tags
from server.stream.screen import Screen
from server.stream.settings import StreamSettings
from server.stream.status import (
    DOWN_SECONDS,
    PAST_SECONDS,
    SILENT_SECONDS,
    StreamCounts,
    StreamState,
    StreamStatus,
    read_status,
    stream_problem,
    write_status,
)
from tests.support.processes import wait_until
from tests.support.servers import Serve


def test_frames_are_due_at_a_constant_rate() -> None:
    clock = FrameClock(30, began=100.0)
    assert (clock.due(100.0), clock.due(100.5), clock.until_next(100.0)) == (1, 16, 0.0)
    clock.count()
    assert clock.due(100.0) == 0
    assert clock.until_next(100.0) == pytest.approx(1 / 30)


def test_a_short_stall_is_made_up_for_and_a_long_one_leaves_frames_out() -> None:
    clock = FrameClock(30, began=0.0)
    assert clock.too_many(CATCH_UP_SECONDS - 1) == 0
    late = clock.too_many(60.0)
    assert late == 60 * 30 + 1 - CATCH_UP_SECONDS * 30
    clock.count(late)
    assert clock.due(60.0) == CATCH_UP_SECONDS * 30


def test_frames_that_are_left_out_are_not_taken_off_the_time() -> None:
    timestamps = Timestamps(10, began_ms=0)
    timestamps.leave_out(30, before=50)
    timestamps.leave_out(20, before=60)
    assert [timestamps.place(at) for at in (0, 4900, 5000, 5900, 6000)] == [0, 4900, 8000, 8900, 11_000]
    assert Timestamps(10, began_ms=12_000).place(100) == 12_100, "the encoder after the first one"


def test_the_oldest_recordings_go_and_the_newest_stays(tmp_path: Path) -> None:
    for hour in range(4):
        (tmp_path / f"hamlet-20300101T0{hour}0000Z.mkv").write_bytes(bytes(10))
    (tmp_path / "other.mkv").write_bytes(bytes(100))
    recordings = read_archive(tmp_path)
    assert [recording.bytes for recording in recordings] == [10] * 4
    assert to_delete(recordings, budget=40, missing=0) == []
    assert to_delete(recordings, budget=25, missing=0) == recordings[:2]
    assert to_delete(recordings, budget=40, missing=5) == recordings[:1]
    assert to_delete(recordings, budget=0, missing=1000) == recordings[:3]
    assert to_delete([Recording("one", 50)], budget=0, missing=0) == []


def status(state: StreamState = "live", updated_at: float = 1000.0, since: float = 1000.0) -> StreamStatus:
    return StreamStatus(
        updated_at=updated_at, started_at=900.0, target="rtmp://a/b", state=state, since=since,
        problem="refused" if state == "reconnecting" else "", counts=StreamCounts(sent=30, repeated=20),
    )  # fmt: skip


def test_a_stream_that_is_not_where_it_should_be_is_a_problem() -> None:
    assert stream_problem(None, 1000.0) is None
    assert stream_problem(status(), 1000.0 + SILENT_SECONDS) is None
    assert "nothing was reported for 61 s" in str(stream_problem(status(), 1001.0 + SILENT_SECONDS))
    assert stream_problem(status(), 1001.0 + PAST_SECONDS) is None
    late = 1001.0 + DOWN_SECONDS
    assert stream_problem(status("reconnecting", late), 1000.0 + DOWN_SECONDS) is None
    assert stream_problem(status("reconnecting", late), late) == "not live for 61 s (refused)"
    for state in ("pause", "live"):
        assert stream_problem(status(state, late), late) is None
    assert stream_problem(status("ended", 1000.0), late) is None
    hangs = msgspec.structs.replace(status("stalled"), problem="the encoder has taken no picture for 6 s")
    assert stream_problem(hangs, 1000.0) == hangs.problem


def test_the_server_says_what_the_stream_reported(run_dir: Path, serve: Serve) -> None:
    address = serve(run_dir)
    assert httpx.get(f"http://{address}/healthz", timeout=120).json()["stream"] is None
    now = time.time()
    reported = status("reconnecting", now, now - 1000.0)
    write_status(run_dir / "snapshots", reported)
    assert read_status(run_dir / "snapshots") == reported
    while (health := httpx.get(f"http://{address}/healthz", timeout=120).json())["stream"] is None:
        time.sleep(0.1)
    assert health["stream"]["counts"]["repeated"] == 20
    assert health["alarms"] == ["stream_down"]
    assert health["reasons"][0].startswith("stream: ")
    metrics = httpx.get(f"http://{address}/metrics", timeout=120).text
    assert "hamlet_stream_sent_total{" in metrics
    assert "hamlet_stream_live{" in metrics


def received(rate: int = 30, key_every: int = 60, sound: bool = True) -> list[Tag]:
    tags = [Tag(VIDEO, 0, b"\x17\x00"), Tag(AUDIO, 0, b"\xaf\x00")]
    for number in range(10 * rate):
        first = b"\x17" if number % key_every == 0 else b"\x27"
        tags.append(Tag(VIDEO, round(number * 1000 / rate), first + b"\x01"))
        if sound:
            tags.append(Tag(AUDIO, round(number * 1000 / rate), b"\xaf\x01"))
    return tags


@pytest.mark.parametrize(
    ("tags", "wrong"),
    [
        (received(), []),
        (received(key_every=150), ["keyframes"]),
        (received(rate=25, key_every=50), ["rate"]),
        (received(sound=False), ["sound"]),
        (received()[4:], ["picture"]),
        ([], ["picture"]),
    ],
)
def test_what_platforms_refuse_is_found(tags: list[Tag], wrong: list[str]) -> None:
    assert [check.name for check in check_tags(tags, 30) if not check.good] == wrong


def test_untagged_colours_are_found() -> None:
    good = (
        "Stream #0:0: Video: h264 (High), yuv420p(tv, bt709, progressive), 1280x720, 30 fps\n"
        "Stream #0:1: Audio: aac (LC), 44100 Hz, stereo, fltp\n"
    )
    assert all(check.good for check in check_description(good, (1280, 720)))
    plain = good.replace("(tv, bt709, progressive)", "")
    assert [check.name for check in check_description(plain, (1280, 720)) if not check.good] == ["colours"]
    assert not any(check.good for check in check_description("", (1280, 720)))


def test_an_encoder_that_cannot_start_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As on a full disk, here because the folder of the recordings cannot be made."""
    (tmp_path / "file").touch()
    settings = StreamSettings(
        run=in_folder(tmp_path), url="http://127.0.0.1/", size=(64, 64), fps=10, kbps=100,
        archive=tmp_path / "file" / "stream", archive_bytes=0, disk_floor_bytes=0, segment_seconds=1,
        broadcast_seconds=1, pause_seconds=0, renew_seconds=1,
    )  # fmt: skip
    screen, counts, stop = Screen(), StreamCounts(), threading.Event()
    screen.show(b"a picture")
    encoder = StreamEncoder(settings, screen, counts, lambda tag: None, stop)
    thread = threading.Thread(target=encoder.run)
    thread.start()
    wait_until(lambda: counts.encoders >= 2)
    stop.set()
    thread.join(timeout=90)
    assert not thread.is_alive()
    assert "ffmpeg does not start: Not a directory; it is started again" in caplog.text
