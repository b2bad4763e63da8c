"""One server process: its port, its limits, its signals. What it serves is in `server.app`."""

import contextlib
import errno
import gc
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn
from litestar.types import ASGIApp

from core.errors import AlreadyRunningError, ConfigError
from core.process.notify import notify
from core.process.signals import shutdown_signals
from core.process.whole_file import kept_whole
from server.app import create_app
from server.async_read_model import AsyncReadModel, NoReadModelError
from server.messages import MAX_MESSAGE_BYTES
from server.request_limits import LimitedHttp
from server.security import HEADERS
from server.settings import ServerSettings

BACKLOG = 2048
SPARE_FILES = 256
"""File descriptors for everything that is not a viewer."""
SHUTDOWN_SECONDS = 3
UNREAD_MS = 60_000
"""How long data may wait for a peer that does not take it before the kernel drops the connection."""


def serve(settings: ServerSettings, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until a signal asks to end; `announce` gets the address once connections are welcome.

    Raises:
        AlreadyRunningError: the port is taken.
        ConfigError: the address cannot be used, or the front end has not been built.
        StoreError: there is a read model, but it cannot be read.
    """
    require_readable(settings.run.read_model)
    app = create_app(settings)
    allow_open_files(settings.max_viewers + SPARE_FILES)
    listener = listen(host, port)
    bound_port = listener.getsockname()[1]
    shown_host = f"[{host}]" if ":" in host else host

    address = f"http://{shown_host}:{bound_port}"

    def ready() -> None:
        announce(address)
        notify(READY="1", STATUS=f"listening at {address}")

    server = _AnnouncingServer(configure(app, settings), ready)
    # uvicorn handles SIGINT and SIGTERM itself, and raises the signal that ended the server once more when it
    # is done. The handler only remembers that one, so the exit code is 0.
    for number in shutdown_signals():
        signal.signal(number, server.handle_exit)
    with kept_whole(settings.run.read_model):
        server.run(sockets=[listener])
    notify(STOPPING="1")


class _AnnouncingServer(uvicorn.Server):
    """uvicorn, saying when connections are welcome."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections, then say so."""
        await super().startup(sockets)
        # Python looks for cycles among old objects only once these have grown by a quarter. With all that was
        # imported counted among them, what connections leave behind would come to many MiB before that.
        gc.freeze()
        gc.collect()
        if self.started:
            self._announce()


def require_readable(read_model: Path) -> None:
    """Refuse to start on a file that is no read model; none at all is waited for.

    Raises:
        StoreError: the file cannot be read.
    """
    model = AsyncReadModel(read_model)
    with contextlib.suppress(NoReadModelError), contextlib.closing(model):
        model.query_blocking(lambda connection: None)


def configure(app: ASGIApp, settings: ServerSettings) -> uvicorn.Config:
    """How uvicorn is to run the application."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=LimitedHttp,
        headers=list(HEADERS),
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        # every viewer gets the same bytes: compressing them once per viewer would cost more than all else
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=settings.max_viewers + SPARE_FILES // 2,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


def listen(host: str, port: int, unread_ms: int = UNREAD_MS) -> socket.socket:
    """A listening socket on `host` and `port` (0 for any free one).

    Connections it accepts are dropped by the kernel when data has waited for `unread_ms` to be taken.

    Raises:
        AlreadyRunningError: the port is taken.
        ConfigError: no such address here, or no right to the port.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"--host {host}: not an address to listen on ({error})") from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unread_ms)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise AlreadyRunningError(
                f"port {port} on {host} is taken; stop the process that has it, or choose another with --port"
            ) from error
        raise ConfigError(f"cannot listen on {host}, port {port} ({error.strerror})") from error
    return listener


def allow_open_files(wanted: int) -> None:
    """Raise this process's limit of open files to `wanted`, as every viewer is one.

    Raises:
        ConfigError: the system does not allow that many.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise ConfigError(
            f"--max-viewers needs {wanted} open files but the system allows {hard}; "
            f"give at most --max-viewers {hard - SPARE_FILES}, or raise the limit (ulimit -n)"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
