"""A projector that stands still (SIGSTOP): trainer and viewers do not wait for it, and it catches up.

For `HAMLET_FAULTS_STOPPED` seconds, 3 by default.
"""

import asyncio
import json
import os
import signal
import time
from pathlib import Path

from websockets.asyncio.client import connect

from tests.faults.conftest import Grow
from tests.support.logs import log_head
from tests.support.processes import Start, in_own_thread, wait_until

SECONDS = float(os.environ.get("HAMLET_FAULTS_STOPPED", "3"))


async def watch(port: int, seconds: float) -> list[dict[str, object]]:
    """What a viewer is told from now on, for so long."""
    told = []
    until = time.monotonic() + seconds
    async with connect(f"ws://127.0.0.1:{port}/ws", open_timeout=30) as viewer:
        while time.monotonic() < until:
            told.append(json.loads(await asyncio.wait_for(viewer.recv(), 120)))
    return told


def test_trainer_and_viewers_go_on_while_the_projector_stands_still(
    tmp_path: Path, page: Path, free_port: int, start: Start,
    growing: Grow,
) -> None:  # fmt: skip
    events = tmp_path / "events.db"
    grown = growing(events)
    projector = start("projections", "run", "--run-dir", tmp_path)
    start("server", "run", "--run-dir", tmp_path, "--frontend", page, "--port", free_port)
    wait_until(lambda: "The dashboard is at" in (tmp_path / "server-1.log").read_text())
    first = in_own_thread(lambda: asyncio.run(watch(free_port, 2.0)))[-1]

    projector.send_signal(signal.SIGSTOP)
    try:
        before = log_head(events)
        told = in_own_thread(lambda: asyncio.run(watch(free_port, SECONDS)))
        assert log_head(events) > before, "the trainer waits for a projector that stands still"
    finally:
        projector.send_signal(signal.SIGCONT)
    shown = [message for message in told if message["type"] == "state_update"]
    assert shown, "a viewer that comes meanwhile is shown nothing"
    assert {message["type"] for message in told} <= {"state_update", "tick"}
    positions = {message["position"] for message in shown}
    assert len(positions) <= 2, "news without a projector"

    grown()
    newest = log_head(events)

    def caught_up() -> bool:
        return bool(in_own_thread(lambda: asyncio.run(watch(free_port, 0.1)))[0]["position"] == newest)

    wait_until(caught_up)
    assert int(str(first["position"])) < newest
