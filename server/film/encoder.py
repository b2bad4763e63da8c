"""The encoder: the ffmpeg program in a process of its own, fed with JPEG pictures by a pipe.

A picture is converted to BT.709 and the file says so: without that ffmpeg converts to BT.601 and says
nothing, and players show wrong colours. yuv420p needs even sizes. With +faststart a player begins before it
has the whole file.
"""

import contextlib
import importlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from core.errors import ConfigError, StoreError
from server.film.plan import PICTURES_PER_SECOND

FRAMES_PER_SECOND = 30
KEY_SECONDS = 2
KINDS = (".mp4", ".gif", ".webp")
TO_BT709 = (
    "in_color_matrix=bt601:in_range=pc:out_color_matrix=bt709:out_range=tv,format=yuv420p,"
    "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
)
"""Options of the filter `scale`, and what follows it. ffmpeg 9 takes the tags from the frames alone."""
H264 = (
    "-r", str(FRAMES_PER_SECOND), "-c:v", "libx264", "-preset", "veryfast", "-crf", "18",
    "-profile:v", "high",
    "-g", str(KEY_SECONDS * FRAMES_PER_SECOND), "-keyint_min", str(FRAMES_PER_SECOND), "-pix_fmt", "yuv420p",
    "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
    "-tag:v", "avc1", "-movflags", "+faststart",
)  # fmt: skip
PALETTE = "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=none"


def find_ffmpeg() -> str:
    """The ffmpeg program: the system's, else that of the package imageio-ffmpeg (extra `film`).

    Raises:
        ConfigError: there is none.
    """
    if (found := shutil.which("ffmpeg")) is not None:
        return found
    try:
        return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        raise ConfigError(
            "no ffmpeg program: install the system's (apt-get install ffmpeg) or the extra"
            " (pip install hamlet[film])"
        ) from None


class Encoder:
    """Encodes pictures into `path`, a file that appears when the block ends well, and else not at all."""

    def __init__(self, path: Path, chapters: str = "") -> None:
        self._path = path
        self._unfinished = path.with_name(f".{path.stem}.unfinished{path.suffix}")
        self._scratch = tempfile.TemporaryDirectory(prefix="hamlet-film-")
        said = Path(self._scratch.name) / "ffmpeg.log"
        self._said = said
        metadata = Path(self._scratch.name) / "chapters.txt"
        metadata.write_text(chapters or ";FFMETADATA1\n")
        command = [
            find_ffmpeg(), "-y", "-loglevel", "error", "-f", "image2pipe", "-c:v", "mjpeg",
            "-framerate", str(PICTURES_PER_SECOND), "-i", "-", "-i", str(metadata), "-map", "0:v",
            "-map_metadata", "1", *_coding(path.suffix), str(self._unfinished),
        ]  # fmt: skip
        with said.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)

    def write(self, jpeg: bytes) -> None:
        """Add a picture.

        Raises:
            StoreError: ffmpeg has ended; the text is what it said last.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(jpeg)
        except OSError:
            raise StoreError(f"{self._path}: ffmpeg ended: {self._last_words()}") from None

    def __enter__(self) -> "Encoder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
            else:
                self._process.kill()
                self._process.wait()
        finally:
            self._unfinished.unlink(missing_ok=True)
            self._scratch.cleanup()

    def _finish(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # ffmpeg has ended; its exit status says so below
            self._process.stdin.close()
        if self._process.wait() != 0:
            raise StoreError(f"{self._path}: ffmpeg cannot write it: {self._last_words()}")
        self._unfinished.replace(self._path)

    def _last_words(self) -> str:
        self._process.wait()
        lines = self._said.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self._process.returncode}"


def _coding(suffix: str) -> tuple[str, ...]:
    if suffix == ".gif":
        return ("-vf", PALETTE, "-loop", "0")
    if suffix == ".webp":
        return ("-c:v", "libwebp_anim", "-quality", "85", "-loop", "0")
    return ("-vf", f"scale={TO_BT709}", *H264)
