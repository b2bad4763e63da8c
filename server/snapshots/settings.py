"""Settings of the snapshot worker; the flags and variables that set them are in `server.snapshot_command`."""

import msgspec

from core.process.memory import MemorySettings
from core.run_directory import RunDirectory


class SnapshotSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one snapshot worker.

    Time spans in seconds, `gif_episodes` in episodes per GIF, `disk_floor_bytes` in bytes. `memory`
    limits the worker and its browser together. `keep_…` is how many files of a kind are kept at most;
    screenshots and exports younger than `keep_all` are always kept.
    """

    run: RunDirectory
    url: str
    screenshot_every: float
    gif_episodes: int
    export_every: float
    keep_all: float
    then_every: float
    keep_screenshots: int
    keep_gifs: int
    keep_exports: int
    disk_floor_bytes: int
    memory: MemorySettings
    poll: float
