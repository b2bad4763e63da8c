"""A trainer that hangs tells its supervisor nothing more, so that it is killed and started again."""

import contextlib
import socket
import threading
from pathlib import Path

import pytest

from core.config import load_config
from core.process.signals import ShutdownSignal
from producer.run import attempt
from producer.training.trainer import Trainer
from tests.support.training import train

TIMEOUT = 120.0


def drain(supervisor: socket.socket) -> list[str]:
    """Take everything that has arrived."""
    heard: list[str] = []
    supervisor.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            heard.append(supervisor.recv(4096).decode())
    supervisor.settimeout(TIMEOUT)
    return heard


def test_a_trainer_that_hangs_in_a_step_falls_silent(
    tmp_path: Path, small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen_alive, hangs, let_go = threading.Event(), threading.Event(), threading.Event()
    step, steps = Trainer.step, 0

    def step_that_hangs(trainer: Trainer) -> None:
        nonlocal steps
        steps += 1
        if steps >= 20 and seen_alive.is_set() and not hangs.is_set():
            hangs.set()
            assert let_go.wait(TIMEOUT)
        step(trainer)

    monkeypatch.setattr(Trainer, "step", step_that_hangs)
    monkeypatch.setattr(attempt, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    config = load_config(small_config, {"training.num_episodes": 100_000})
    stop = ShutdownSignal()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        run = threading.Thread(target=train, args=(tmp_path / "run", config, stop))
        run.start()
        try:
            heard: list[str] = []
            while sum(message.startswith("WATCHDOG=1") for message in heard) < 2:
                heard.append(supervisor.recv(4096).decode())
            seen_alive.set()
            assert hangs.wait(TIMEOUT)
            drain(supervisor)
            # a hundred times as long as between two heartbeats of a trainer that makes progress
            assert not let_go.wait(1.0)
            assert drain(supervisor) == []
            let_go.set()
            assert supervisor.recv(4096).decode().startswith("WATCHDOG=1")
        finally:
            let_go.set()
            stop.signal_name = "SIGTERM"
            while run.is_alive():
                drain(supervisor)
                run.join(timeout=0.02)
