"""Viewers that connect and never read: nobody else waits for them, and the server keeps little for each.

That such a viewer is dropped is in `tests/server/test_process.py`; here are many of them at a real server,
whose memory is measured. `HAMLET_FAULTS_STUCK` viewers, 30 by default.
"""

import asyncio
import contextlib
import json
import os
import socket
from pathlib import Path

import psutil
from websockets.asyncio.client import connect

from tests.faults.conftest import Grow
from tests.support.processes import Start, in_own_thread, wait_until
from tests.support.servers import PATIENT

STUCK = int(os.environ.get("HAMLET_FAULTS_STUCK", "30"))
EACH = 600_000
"""Bytes that the server may hold for one of them: a few messages, and a connection's buffers."""
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def stuck_viewer(port: int) -> socket.socket:
    """A viewer with the smallest of buffers that asks for much and reads nothing."""
    viewer = socket.socket()
    viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    viewer.settimeout(120)
    viewer.connect(("127.0.0.1", port))
    viewer.sendall(HANDSHAKE)
    return viewer


def ask(viewer: socket.socket) -> None:
    """Ask for the newest state, as a masked WebSocket frame."""
    live = b'{"type":"live"}'
    viewer.sendall(bytes((0x81, 0x80 | len(live))) + bytes(4) + live)


async def news(port: int, wanted: int) -> list[int]:
    """The positions of the next updates that a healthy viewer gets."""
    positions: list[int] = []
    async with connect(f"ws://127.0.0.1:{port}/ws", **PATIENT) as viewer:
        while len(positions) < wanted:
            message = json.loads(await asyncio.wait_for(viewer.recv(), 120))
            if message["type"] == "state_update":
                positions.append(message["position"])
    return positions


def test_viewers_that_never_read_cost_little_and_delay_no_other(
    tmp_path: Path, page: Path, free_port: int, start: Start,
    growing: Grow
) -> None:  # fmt: skip
    growing(tmp_path / "events.db")
    start("projections", "run", "--run-dir", tmp_path)
    server = start("server", "run", "--run-dir", tmp_path, "--frontend", page, "--port", free_port)
    wait_until(lambda: "The dashboard is at" in (tmp_path / "server-1.log").read_text())
    in_own_thread(lambda: asyncio.run(news(free_port, 1)))
    memory = psutil.Process(server.pid)
    before = memory.memory_info().rss
    with contextlib.ExitStack() as viewers:
        stuck = [viewers.enter_context(stuck_viewer(free_port)) for _ in range(STUCK)]
        for _ in range(10):
            for viewer in stuck:
                ask(viewer)
            # a healthy viewer gets an update between the rounds, so the server has had the round before
            in_own_thread(lambda: asyncio.run(news(free_port, 1)))
        positions = in_own_thread(lambda: asyncio.run(news(free_port, 2)))
        assert positions == sorted(set(positions))
        grown = memory.memory_info().rss - before
        print(f"{STUCK} viewers that never read: {grown / STUCK / 1000:.0f} kB each")
        assert grown < STUCK * EACH
