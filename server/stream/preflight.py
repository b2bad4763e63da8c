"""A rehearsal: stream to a receiver on this machine, and check what came against what platforms want."""

import asyncio
import contextlib
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from core.errors import StoreError
from server.film.encoder import KEY_SECONDS, find_ffmpeg
from server.process import listen
from server.stream.flv import AUDIO, Tag, read_tags
from server.stream.settings import StreamSettings
from server.stream.stream import Stream
from server.stream.target import Target

REHEARSAL_SECONDS = 10
"""How much is streamed, by the frames that were sent."""
WAIT_SECONDS = 180.0
END_SECONDS = 30.0
POLL_SECONDS = 0.1
KEY = "preflight"


class Check(msgspec.Struct, frozen=True):
    """One thing that was checked: whether it is as platforms want it, and what was found."""

    name: str
    good: bool
    found: str


def preflight(settings: StreamSettings) -> list[Check]:
    """Stream for ten seconds to ffmpeg as receiver, and check what it got.

    Raises:
        StoreError: nothing came, or not in time.
    """
    return asyncio.run(_preflight(settings))


async def _preflight(settings: StreamSettings) -> list[Check]:
    with tempfile.TemporaryDirectory(prefix="hamlet-preflight-") as scratch:
        file = Path(scratch) / "received.flv"
        async with _receiver(file) as port:
            target = Target("rtmp", "127.0.0.1", port, "live", KEY)
            rehearsed = msgspec.structs.replace(settings, target=target, file=None, archive=None)
            stream = Stream(rehearsed, lambda status: None)
            work = asyncio.create_task(stream.run())
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    while stream.counts.sent < REHEARSAL_SECONDS * settings.fps and not work.done():
                        await asyncio.sleep(POLL_SECONDS)
            except TimeoutError:
                why = stream.status().problem
                raise StoreError(f"preflight: no stream within {WAIT_SECONDS:.0f} s; {why}") from None
            finally:
                work.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await work
        with file.open("rb") as received:
            tags = list(read_tags(received))
        checks = check_tags(tags, settings.fps)
        checks += check_description(describe(file), settings.size)
        late = stream.counts.dropped
        return [
            *checks,
            Check("pace", late == 0, f"{late} frames were left out because the encoder was late"),
        ]


def check_tags(tags: Sequence[Tag], fps: int) -> list[Check]:
    """Keyframes, rate and sound of what was received."""
    frames = [tag.timestamp for tag in tags if tag.is_frame]
    keys = [tag.timestamp for tag in tags if tag.is_keyframe]
    sound = [tag.timestamp for tag in tags if tag.kind == AUDIO and not tag.is_setup]
    if len(frames) < 2 or not keys:
        return [Check("picture", False, f"{len(frames)} frames and {len(keys)} keyframes came")]
    gaps = [later - earlier for earlier, later in zip(keys, [*keys[1:], frames[-1]], strict=True)]
    longest, rate = max(gaps) / 1000, 1000 * (len(frames) - 1) / (frames[-1] - frames[0])
    apart = abs(sound[-1] - frames[-1]) / 1000 if sound else float("inf")
    return [
        Check("picture", frames[0] == keys[0], f"{len(frames)} frames came, the first of them a keyframe"
              if frames[0] == keys[0] else "the first frame is no keyframe"),
        Check("keyframes", longest <= KEY_SECONDS + 0.1, f"at most {longest:.2f} s apart"),
        Check("rate", abs(rate - fps) < 0.01 * fps, f"{rate:.2f} frames a second"),
        Check("sound", apart < 1.0, f"ends {apart:.2f} s from the picture" if sound else "there is none"),
    ]  # fmt: skip


def check_description(description: str, size: tuple[int, int]) -> list[Check]:
    """Codecs, size and colours by what ffmpeg says of a file."""
    video = _line(description, "Video")
    audio = _line(description, "Audio")
    bt709 = re.search(r"yuv420p\(tv, bt709[,)]", video) is not None
    return [
        Check("video", "h264" in video and f"{size[0]}x{size[1]}" in video, video),
        Check("audio", "aac" in audio and "stereo" in audio, audio),
        Check("colours", bt709, "BT.709, as they should be" if bt709 else video),
    ]


def describe(file: Path) -> str:
    """What ffmpeg says of the streams in a file."""
    said = subprocess.run([find_ffmpeg(), "-hide_banner", "-i", str(file)], capture_output=True, check=False)
    return said.stderr.decode(errors="replace")


def _line(description: str, kind: str) -> str:
    found = re.search(rf"Stream #\S+ {kind}: (.*)", description)
    return found[1].strip() if found else "none"


@contextlib.asynccontextmanager
async def _receiver(file: Path) -> AsyncIterator[int]:
    """ffmpeg as RTMP server, which writes what it gets to `file`; yields its port and waits for its end."""
    with listen("127.0.0.1", 0) as probe:
        port = int(probe.getsockname()[1])
    command = [
        find_ffmpeg(), "-nostdin", "-loglevel", "error", "-listen", "1", "-i",
        f"rtmp://127.0.0.1:{port}/live/{KEY}", "-c", "copy", "-f", "flv", str(file),
    ]  # fmt: skip
    receiver = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
    try:
        yield port
        async with asyncio.timeout(END_SECONDS):
            await receiver.wait()
    except TimeoutError:
        raise StoreError("preflight: the receiver on this machine does not end") from None
    finally:
        if receiver.returncode is None:
            receiver.kill()
            await receiver.wait()
    if not file.is_file():
        raise StoreError("preflight: the receiver on this machine got nothing")
