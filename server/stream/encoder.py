"""The encoder of a stream: ffmpeg in a process of its own, JPEG pictures in, H.264 with silent sound out.

What platforms want: a constant bit rate also of still pictures, a keyframe every two seconds and no others,
sound even where there is none, colours converted to BT.709 and tagged. With several outputs the headers must
be global, else FLV has no description of its streams.
"""

import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from server.film.encoder import KEY_SECONDS, TO_BT709, find_ffmpeg
from server.stream.flv import Tag, read_tags
from server.stream.frame_clock import FrameClock, Timestamps
from server.stream.screen import Screen
from server.stream.settings import StreamSettings
from server.stream.status import StreamCounts

SEGMENT_NAME = "hamlet-%Y%m%dT%H%M%SZ.mkv"
"""Name of a recording: when it began."""
SOUND = ("-f", "lavfi", "-i", "anullsrc=channel_layout=stereo:sample_rate=44100")
FILLER = "filter_units=remove_types=12"
"""Takes out of a recording what fills a constant bit rate."""
RETRY_SECONDS = 2.0
END_SECONDS = 20.0
HANGS_SECONDS = 15.0
"""An ffmpeg that takes no picture for so long hangs: it is ended, and another one is started."""
CHECK_SECONDS = 0.5

logger = logging.getLogger(__name__)


def command_of(settings: StreamSettings, file: Path | None) -> list[str]:
    """The command of ffmpeg; pictures come from stdin, and without a `file` tags of FLV go to stdout."""
    width, height = settings.size
    keys, rate = KEY_SECONDS * settings.fps, f"{settings.kbps}k"
    return [
        find_ffmpeg(), "-hide_banner", "-nostats", "-loglevel", "error",
        "-f", "image2pipe", "-c:v", "mjpeg", "-framerate", str(settings.fps), "-i", "pipe:0", *SOUND,
        "-map", "0:v", "-map", "1:a", "-shortest",
        "-vf", f"scale={width}:{height}:{TO_BT709}",
        "-r", str(settings.fps), "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high",
        "-g", str(keys), "-keyint_min", str(keys), "-sc_threshold", "0",
        "-b:v", rate, "-maxrate", rate, "-bufsize", f"{2 * settings.kbps}k", "-x264-params", "nal-hrd=cbr",
        "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
        "-c:a", "aac", "-b:a", "128k", "-ar", "44100", "-ac", "2", "-flags", "+global_header",
        *_outputs(settings, file),
    ]  # fmt: skip


def _outputs(settings: StreamSettings, file: Path | None) -> list[str]:
    if file is not None:
        return ["-bsf:v", FILLER, "-f", "matroska", str(file.absolute())]
    live = "[f=flv:flvflags=no_duration_filesize:flush_packets=1]pipe:1"
    if settings.archive is None:
        return ["-f", "tee", live]
    # a recording that cannot be written, as on a full disk, must not end the stream
    archive = (
        f"[f=segment:onfail=ignore:bsfs/v={FILLER}:segment_time={settings.segment_seconds:g}:segment_format=matroska"
        f":reset_timestamps=1:strftime=1]{SEGMENT_NAME}"
    )
    return ["-f", "tee", f"{live}|{archive}"]


class StreamEncoder:
    """Feeds the newest picture to ffmpeg at a constant rate until `stop` is set, and starts ffmpeg again."""

    def __init__(
        self,
        settings: StreamSettings,
        screen: Screen,
        counts: StreamCounts,
        handle_tag: Callable[[Tag], None],
        stop: threading.Event,
    ) -> None:
        self._settings = settings
        self._screen = screen
        self._counts = counts
        self._handle_tag = handle_tag
        self._stop = stop
        self._first_began: float | None = None
        self._taken_at: float | None = None

    def waits_for(self) -> float:
        """For how many seconds ffmpeg has taken no picture; 0 while none is running."""
        taken_at = self._taken_at
        return 0.0 if taken_at is None else time.monotonic() - taken_at

    def run(self) -> None:
        """Encode until asked to stop."""
        while not self._stop.is_set() and not self._screen.wait(RETRY_SECONDS):
            pass
        number = 1
        while not self._stop.is_set():
            why = "ffmpeg ended"
            try:
                self._encode(_numbered(self._settings.file, number))
            except OSError as error:  # no memory for a process, no room for the folder of the recordings
                why = f"ffmpeg does not start: {error.strerror}"
            if not self._stop.is_set():
                number += 1
                self._counts.encoders += 1
                logger.warning("%s; it is started again", why)
                self._stop.wait(RETRY_SECONDS)

    def _encode(self, file: Path | None) -> None:
        """One ffmpeg, from its start to its end."""
        if self._settings.archive is not None:
            self._settings.archive.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            command_of(self._settings, file),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            # recordings are named by the time, and their names are relative
            cwd=self._settings.archive, env={**os.environ, "TZ": "UTC"},
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        now = self._taken_at = time.monotonic()
        self._first_began = self._first_began or now
        timestamps = Timestamps(self._settings.fps, 1000 * (now - self._first_began))
        readers = [
            threading.Thread(target=self._read, args=(process.stdout, timestamps), daemon=True),
            threading.Thread(target=_log, args=(process.stderr,), daemon=True),
            threading.Thread(target=self._end_if_it_hangs, args=(process,), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            self._feed(process.stdin, timestamps)
            self._taken_at = None
            process.stdin.close()
            process.wait(END_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            process.kill()
        finally:
            process.wait()
            self._taken_at = None
            for reader in readers:
                reader.join(END_SECONDS)

    def _feed(self, pipe: IO[bytes], timestamps: Timestamps) -> None:
        """Write pictures at the stream's rate.

        Raises:
            OSError: ffmpeg has ended.
        """
        clock, taken = FrameClock(self._settings.fps, time.monotonic()), 0
        while not self._stop.is_set():
            now = time.monotonic()
            if late := clock.too_many(now):
                clock.count(late)
                timestamps.leave_out(late, before=taken)
                self._counts.dropped += late
            if not clock.due(now):
                self._stop.wait(clock.until_next(now))
                continue
            picture, fresh = self._screen.read()
            pipe.write(picture)
            pipe.flush()
            self._taken_at = time.monotonic()
            clock.count()
            taken += 1
            self._counts.sent += 1
            self._counts.repeated += not fresh

    def _read(self, pipe: IO[bytes], timestamps: Timestamps) -> None:
        with pipe:
            for tag in read_tags(pipe):
                self._handle_tag(msgspec.structs.replace(tag, timestamp=timestamps.place(tag.timestamp)))

    def _end_if_it_hangs(self, process: subprocess.Popen[bytes]) -> None:
        """Kill an ffmpeg that runs but takes no pictures; the write that waits for it then fails."""
        while process.poll() is None:
            if self.waits_for() > HANGS_SECONDS:
                logger.warning("ffmpeg has taken no picture for %.0f s", HANGS_SECONDS)
                process.kill()
                return
            time.sleep(CHECK_SECONDS)


def _log(pipe: IO[bytes]) -> None:
    with pipe:
        for line in pipe:
            logger.warning("ffmpeg: %s", line.decode(errors="replace").rstrip())


def _numbered(file: Path | None, number: int) -> Path | None:
    """F.mkv, and F-2.mkv for what is recorded after ffmpeg was started again."""
    return file if file is None or number == 1 else file.with_stem(f"{file.stem}-{number}")
