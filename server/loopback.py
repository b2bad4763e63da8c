"""A server of one's own on a free port of the loopback, for commands that take pictures of a run."""

import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn

from core.errors import StoreError
from core.process.memory import MemorySettings
from core.resources import DASHBOARD, resource_folder
from core.run_directory import RunDirectory
from projections.readmodels import READ_MODELS
from server.app import create_app
from server.process import configure, listen
from server.settings import ServerSettings

VIEWERS = 16
START_SECONDS = 60.0
STOP_SECONDS = 10.0
UNLIMITED_BYTES = 2**62


@contextlib.contextmanager
def loopback_server(run: RunDirectory) -> Iterator[str]:
    """Serve `run` in a thread of this process for the length of the block; yields the address, "http://…/".

    Raises:
        StoreError: the server does not start.
    """
    settings = ServerSettings(
        run=run, frontend=resource_folder(DASHBOARD), max_viewers=VIEWERS, disk_floor_bytes=0,
        memory=MemorySettings(UNLIMITED_BYTES),
    )  # fmt: skip
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(configure(create_app(settings, READ_MODELS), settings))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise StoreError(f"{run.read_model}: the server for the pictures does not start")
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
