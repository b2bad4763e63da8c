"""Settings of a stream; the flags and variables that set them are in `server.stream_command`."""

from pathlib import Path

import msgspec

from core.run_directory import RunDirectory
from server.stream.target import Target


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one stream, which goes to `target` or into `file`.

    `url` is the page to stream; `size` (width, height) in pixels, both even; `fps` frames a second; `kbps`
    kilobits a second. `archive` is the folder of the hourly recordings, which keep below `archive_bytes` and
    leave `disk_floor_bytes` free; None for none. A broadcast lasts `broadcast_seconds` at most, and the next
    one begins `pause_seconds` later. The browser is replaced every `renew_seconds`.
    """

    run: RunDirectory
    url: str
    size: tuple[int, int]
    fps: int
    kbps: int
    target: Target | None = None
    file: Path | None = None
    archive: Path | None = None
    archive_bytes: int
    disk_floor_bytes: int
    segment_seconds: float
    broadcast_seconds: float
    pause_seconds: float
    renew_seconds: float

    @property
    def shown_target(self) -> str:
        """Where the stream goes, for people; without the key."""
        return str(self.target if self.target is not None else self.file)
