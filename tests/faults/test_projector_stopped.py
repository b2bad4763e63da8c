"""A projector that stands still (SIGSTOP): trainer and viewers do not wait for it, and it catches up.

For `HAMLET_FAULTS_STOPPED` seconds at least, 3 by default, and until the log has grown and a viewer was shown
the state.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from tests.faults.conftest import Grow
from tests.support.logs import log_head
from tests.support.processes import Start, in_own_thread, wait_until
from tests.support.servers import PATIENT

SECONDS = float(os.environ.get("HAMLET_FAULTS_STOPPED", "3"))


Message = dict[str, Any]


async def messages(port: int, enough: Callable[[list[Message]], bool]) -> list[Message]:
    """What a viewer receives from now on, until it is `enough`."""
    received: list[Message] = []
    async with connect(f"ws://127.0.0.1:{port}/ws", **PATIENT) as viewer:
        while not enough(received):
            received.append(json.loads(await asyncio.wait_for(viewer.recv(), 120)))
    return received


def updates(received: list[Message]) -> list[Message]:
    return [message for message in received if message["type"] == "state_update"]


def first_position(port: int) -> int:
    """The position of the first state that a new viewer is shown."""
    received = in_own_thread(lambda: asyncio.run(messages(port, lambda so_far: bool(updates(so_far)))))
    return int(updates(received)[0]["position"])


def test_trainer_and_viewers_go_on_while_the_projector_stands_still(
    tmp_path: Path, page: Path, free_port: int, start: Start,
    growing: Grow,
) -> None:  # fmt: skip
    events = tmp_path / "events.db"
    grown = growing(events)
    projector = start("projections", "run", "--run-dir", tmp_path)
    start("server", "run", "--run-dir", tmp_path, "--frontend", page, "--port", free_port)
    wait_until(lambda: "The dashboard is at" in (tmp_path / "server-1.log").read_text())
    first = first_position(free_port)

    projector.send_signal(signal.SIGSTOP)
    try:
        before, until = log_head(events), time.monotonic() + SECONDS
        # the trainer does not wait for a projector that stands still
        wait_until(lambda: log_head(events) > before)
        received = in_own_thread(
            lambda: asyncio.run(
                messages(free_port, lambda so_far: bool(updates(so_far)) and time.monotonic() >= until)
            )
        )
    finally:
        projector.send_signal(signal.SIGCONT)
    assert {message["type"] for message in received} <= {"state_update", "tick"}
    positions = {message["position"] for message in updates(received)}
    assert len(positions) <= 2, "news without a projector"

    grown()
    newest = log_head(events)
    assert first < newest
    wait_until(lambda: first_position(free_port) == newest)
