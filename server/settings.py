"""Settings of the server; the flags and variables that set them are in `server.cli`."""

from pathlib import Path

import msgspec

from core.process.memory import MemorySettings
from core.run_directory import RunDirectory

DEFAULT_PORT = 8765
DEFAULT_HOST = "127.0.0.1"


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one server process: it shows `run`, or all runs below the folder `runs`.

    `frontend` is the folder with the built dashboard. `allowed_origins` may open the WebSocket besides the
    server's own origin ("http://localhost:5173"); pages of `allowed_frames` may frame the dashboard.
    `root_path` is the path under which a proxy shows the server ("/hamlet"), "" for none. `max_viewers` is
    the number of WebSockets at once; more are refused with code 1013. With less free disk than
    `disk_floor_bytes` there is an alarm. `memory`: what the server may use, and how far ahead to look.
    `alarm_command` (for `sh`) and `alarm_url` are told of incidents; the address may hold a secret.
    """

    run: RunDirectory | None = None
    runs: Path | None = None
    frontend: Path
    allowed_origins: tuple[str, ...] = ()
    allowed_frames: tuple[str, ...] = ()
    root_path: str = ""
    max_viewers: int
    disk_floor_bytes: int
    memory: MemorySettings
    alarm_command: str | None = None
    alarm_url: str | None = None
