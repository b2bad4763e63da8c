"""Signals that ask a process to end, tried on real processes."""

import signal
import subprocess
import sys

import pytest

from core.process.signals import ShutdownSignal

PROGRAM = """
from core.process.signals import ShutdownSignal
stop = ShutdownSignal()
stop.listen()
print("listening", flush=True)
stop.wait(120)
print(stop.requested, stop.signal_name)
"""


def ended_by(number: signal.Signals) -> tuple[int, str]:
    """Exit code and last line of a program that waits, after it got a signal."""
    program = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        process.send_signal(number)
        return process.wait(), process.stdout.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_each_of_them_wakes_a_process_that_waits(number: signal.Signals) -> None:
    assert ended_by(number) == (0, f"True {number.name}\n")


def test_a_process_that_was_started_to_outlive_its_terminal_does() -> None:
    program = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", sys.executable, "-c", PROGRAM]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "True SIGTERM\n"


def test_it_is_awaited_like_an_event() -> None:
    stop = ShutdownSignal()
    assert not stop.wait(0.0)
    assert not stop.is_set()
    stop.set()
    assert stop.wait()
    assert stop.requested
    assert stop.signal_name is None
