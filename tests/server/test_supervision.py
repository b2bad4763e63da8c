"""A server whose looks at the read model hang tells its supervisor nothing more."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import anyio
import apsw
import pytest

from core.process.memory import MemorySettings
from core.run_directory import in_folder
from server import live
from server.async_read_model import AsyncReadModel
from server.hub import Hub
from server.live import LiveFeed
from tests.support.processes import in_own_thread

TIMEOUT = 120.0


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


def pings(supervisor: socket.socket) -> int:
    """Take everything that has arrived; how many pings were in it."""
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            count += supervisor.recv(4096).startswith(b"WATCHDOG=1")
    return count


def test_a_server_that_hangs_in_the_read_model_falls_silent(
    synthetic_run: Path,
    supervisor: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "WATCHDOG_SECONDS", 0.0)
    hangs, let_go = threading.Event(), threading.Event()
    run = in_folder(synthetic_run)
    read_model = AsyncReadModel(run.read_model)
    feed = LiveFeed(read_model, Hub(10), run, 0, MemorySettings(2**40))

    def hang(_connection: apsw.Connection) -> None:
        hangs.set()
        assert let_go.wait(TIMEOUT)

    async def listen_for_a_while() -> int:
        heard = 0
        for _ in range(60):
            heard += pings(supervisor)
            await anyio.sleep(live.UPDATE_SECONDS / 50)
        return heard

    async def until_a_ping() -> None:
        with anyio.fail_after(TIMEOUT):
            while not pings(supervisor):
                await anyio.sleep(0.02)

    async def scenario() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(feed.run)
            await until_a_ping()
            # whatever is asked next waits for this answer
            tasks.start_soon(read_model.query, hang)
            while not hangs.is_set():
                await anyio.sleep(0.02)
            # a look may have been under way before it, with a ping to follow
            await listen_for_a_while()
            assert await listen_for_a_while() == 0
            let_go.set()
            await until_a_ping()
            tasks.cancel_scope.cancel()

    try:
        in_own_thread(lambda: anyio.run(scenario))
    finally:
        let_go.set()
