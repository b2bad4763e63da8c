"""What the server is told when it starts; the flags and variables it comes from are in `server.cli`."""

from pathlib import Path

import msgspec

from core.process.memory import MemorySettings
from core.run_directory import RunDirectory

DEFAULT_PORT = 8765
DEFAULT_HOST = "127.0.0.1"


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one server process.

    `frontend` is the folder with the built dashboard. `allowed_origins` may open the WebSocket besides the
    server's own origin ("http://localhost:5173"). `max_viewers` WebSockets at once; more are refused with
    code 1013. `disk_floor_bytes`: with less room than that the dashboard says the disk is low. `memory`:
    what the server may use, and how far ahead it looks.
    """

    run: RunDirectory
    frontend: Path
    allowed_origins: tuple[str, ...]
    max_viewers: int
    disk_floor_bytes: int
    memory: MemorySettings
