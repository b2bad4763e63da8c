"""The projector process and its supervisor, over a real socket: ready, in progress, stuck, stopping."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.events import EpisodeFinished
from projections.engine import supervision
from projections.engine.process import run
from projections.engine.projector import EventMetadata, Projector, handles
from tests.support.logs import write_log

Timed = tuple[Any, float]
COMMAND = Path(sys.executable).parent / "projections"
TIMEOUT = 120.0


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(TIMEOUT)
        yield listening


def test_it_says_that_it_is_ready_what_it_waits_for_how_far_it_is_and_that_it_stops(
    tmp_path: Path, supervisor: socket.socket, events_with_crashes: list[Timed]
) -> None:
    process = subprocess.Popen(
        [COMMAND, "run", "--run-dir", tmp_path / "run"],
        stdout=subprocess.DEVNULL, env=os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")},
    )  # fmt: skip
    try:
        assert supervisor.recv(1024) == b"READY=1\nSTATUS=starting"
        assert supervisor.recv(1024) == b"WATCHDOG=1\nSTATUS=waiting: no events.db yet"
        write_log(tmp_path / "run" / "events.db", events_with_crashes)
        while (
            heard := supervisor.recv(1024).decode()
        ) != f"WATCHDOG=1\nSTATUS=position {len(events_with_crashes)}":
            assert heard.startswith("WATCHDOG=1\n")
        process.send_signal(signal.SIGTERM)
        while (heard := supervisor.recv(1024).decode()) != "STOPPING=1":
            assert heard.startswith("WATCHDOG=1\n")
        assert process.wait(timeout=TIMEOUT) == 0
    finally:
        process.kill()
        process.wait()


class Stuck(Projector):
    """Hangs in the 7th episode until the test lets it go on."""

    name = "stuck"
    version = 1
    tables_owned = ("counted",)
    ddl = "CREATE TABLE counted (episode_id INTEGER PRIMARY KEY)"

    hangs = threading.Event()
    let_go = threading.Event()

    @handles(EpisodeFinished)
    def finished(self, event: EpisodeFinished, moment: EventMetadata) -> None:
        self.tables.add("INSERT INTO counted VALUES (?)", (event.episode,))
        if event.episode == 7:
            self.hangs.set()
            assert self.let_go.wait(TIMEOUT)


def drain(supervisor: socket.socket) -> int:
    """Take everything that has arrived; how much it was."""
    heard = 0
    supervisor.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while supervisor.recv(1024):
            heard += 1
    supervisor.settimeout(TIMEOUT)
    return heard


def test_a_process_that_hangs_in_an_event_falls_silent(
    tmp_path: Path, supervisor: socket.socket, events_with_crashes: list[Timed],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setattr(supervision, "PING_SECONDS", 0.0)
    stop = threading.Event()
    run_it = threading.Thread(
        target=run,
        args=(tmp_path / "demo_state.db", tmp_path / "events.db", [Stuck], stop),
    )
    run_it.start()
    try:
        while b"waiting" not in supervisor.recv(1024):
            pass
        write_log(tmp_path / "events.db", events_with_crashes)
        while not Stuck.hangs.wait(0.02):
            drain(supervisor)
        drain(supervisor)
        # a round takes a twentieth of a second, and every round would ping
        assert not stop.wait(1.0)
        assert drain(supervisor) == 0
        Stuck.let_go.set()
        assert supervisor.recv(1024).startswith(b"WATCHDOG=1\nSTATUS=position ")
    finally:
        Stuck.let_go.set()
        stop.set()
        run_it.join(timeout=TIMEOUT)
        assert not run_it.is_alive()


def test_memory_in_danger_is_said_in_the_status_and_once_in_words(
    tmp_path: Path, supervisor: socket.socket
) -> None:
    environment = os.environ | {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "HAMLET_MEMORY_LIMIT_MB": "20",
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [COMMAND, "run", "--run-dir", tmp_path / "run"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True,
    )  # fmt: skip
    try:
        assert supervisor.recv(1024) == b"READY=1\nSTATUS=starting"
        for _ in range(2):
            said = supervisor.recv(1024).decode()
            assert said.startswith("WATCHDOG=1\nSTATUS=waiting: no events.db yet; ")
            assert said.endswith("% of the limit of 19 MiB")
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=TIMEOUT)
        assert printed.count("warning: ") == 1
    finally:
        process.kill()
        process.wait()
