"""ffmpeg as RTMP server, and what it received, looked at with PyAV."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import msgspec

from tests.support.processes import Process

FFMPEG = "ffmpeg"


class Received(msgspec.Struct, frozen=True):
    """A recording: times in seconds, `colours` as (matrix, primaries, transfer) of ITU-T H.273."""

    size: tuple[int, int]
    codecs: tuple[str, str]
    colours: tuple[int, int, int]
    frames: list[float]
    keys: list[float]
    sound: list[float]
    corner: tuple[int, ...]


@contextlib.contextmanager
def receiving(port: int, app: str, key: str, file: Path) -> Iterator[Process]:
    """A server that takes one stream and writes it to `file`."""
    command = [
        FFMPEG, "-nostdin", "-loglevel", "error", "-y", "-listen", "1", "-i",
        f"rtmp://127.0.0.1:{port}/{app}/{key}", "-c", "copy", "-flush_packets", "1", str(file),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def look_into(file: Path) -> Received:
    """What a recording holds; one that was cut off is read as far as it goes."""
    with av.open(str(file)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        frames, keys, sound = [], [], []
        corner: tuple[int, ...] = ()
        colours = (0, 0, 0)
        with contextlib.suppress(av.error.EOFError, av.error.InvalidDataError):
            for packet in container.demux(video, audio):
                if packet.pts is None:
                    continue
                at = float(packet.pts * packet.time_base)
                if packet.stream is audio:
                    sound.append(at)
                    continue
                frames.append(at)
                if packet.is_keyframe:
                    keys.append(at)
                for frame in packet.decode():
                    corner = tuple(int(part) for part in frame.to_ndarray(format="rgb24")[2, 2])
                    context = video.codec_context
                    colours = (int(frame.colorspace), context.color_primaries, context.color_trc)
        return Received(
            (video.width, video.height), (video.codec_context.name, audio.codec_context.name), colours,
            sorted(frames), keys, sound, corner,
        )  # fmt: skip
