"""One server process: its port, its limits, its signals. What it serves is in `server.app`."""

import contextlib
import errno
import gc
import logging
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
from server.security import TRANSPORT_HEADERS
from server.settings import ServerSettings

DEFAULT_MAX_VIEWERS = 2000
BACKLOG = 2048
SPARE_FILES = 256
"""File descriptors for everything that is not a viewer."""
SHUTDOWN_SECONDS = 3
UNREAD_MS = 60_000
"""How long data may wait for a peer that does not take it before the kernel drops the connection."""

logger = logging.getLogger(__name__)


def serve(settings: ServerSettings, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until a signal asks to end; `announce` is called with the address once connections are accepted.

    Raises:
        AlreadyRunningError: the port is taken.
        ConfigError: the address cannot be used, or the front end has not been built.
        StoreError: there is a read model, but it cannot be read.
    """
    if settings.run is not None:
        require_readable(settings.run.read_model)
    app = create_app(settings)
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
    with kept_whole(*([settings.run.read_model] if settings.run is not None else [])):
        server.run(sockets=[listener])
    notify(STOPPING="1")


class _AnnouncingServer(uvicorn.Server):
    """The server of uvicorn, which also reports when connections are accepted."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections, then call `announce`."""
        await super().startup(sockets)
        # Python looks for cycles among old objects only once these have grown by a quarter. With all that was
        # imported counted among them, what connections leave behind would come to many MiB before that.
        gc.freeze()
        gc.collect()
        if self.started:
            self._announce()


def require_readable(read_model: Path) -> None:
    """Check that the read model can be read; a missing file is no error, since the server waits for it.

    Raises:
        StoreError: the file cannot be read.
    """
    model = AsyncReadModel(read_model)
    with contextlib.suppress(NoReadModelError), contextlib.closing(model):
        model.query_blocking(lambda connection: None)


def configure(app: ASGIApp, settings: ServerSettings) -> uvicorn.Config:
    """The configuration with which uvicorn runs the application."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=LimitedHttp,
        headers=list(TRANSPORT_HEADERS),
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        # every viewer gets the same bytes: compressing them once per viewer would cost more than all else
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=concurrency(settings.max_viewers),
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


def allow_viewers(asked_for: int | None) -> int:
    """Raise the limit of open files, as every viewer is one; returns the number of viewers that fit.

    `asked_for` None means `DEFAULT_MAX_VIEWERS`; where the system allows fewer files, fewer with a warning.

    Raises:
        ConfigError: the system does not allow as many viewers as were asked for.
    """
    wanted = DEFAULT_MAX_VIEWERS if asked_for is None else asked_for
    allowed = allow_open_files(wanted + SPARE_FILES)
    if allowed >= wanted + SPARE_FILES:
        return wanted
    viewers = max(1, allowed - min(SPARE_FILES, allowed // 2))
    if asked_for is not None:
        raise ConfigError(
            f"--max-viewers needs {wanted + SPARE_FILES} open files but the system allows {allowed}; "
            f"give at most --max-viewers {viewers}, or raise the limit (ulimit -n)"
        )
    logger.warning(
        "the system allows %d open files, so there are at most %d viewers instead of %d (ulimit -n)",
        allowed, viewers, wanted,
    )  # fmt: skip
    return viewers


def allow_open_files(wanted: int) -> int:
    """Raise the limit of open files to `wanted`, or as far as the system allows; returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else soft


def concurrency(max_viewers: int) -> int:
    """How many connections there may be at once: viewers, some for HTTP, and files are left for the rest."""
    files = allow_open_files(max_viewers + SPARE_FILES)
    return min(max_viewers + SPARE_FILES // 2, files - min(SPARE_FILES // 2, files // 4))
