"""A clock that runs faster, for every Python process that has this folder on its `PYTHONPATH`.

Python imports this module before anything else. From then on `time.time`, `time.monotonic` and `time.sleep`
run `FAST_CLOCK_SPEED` times as fast as the machine's clock, counted from the moment `FAST_CLOCK_SINCE` (Unix
seconds), so that all processes agree. The wall clock, not the monotonic one, is also set forward or back by
the number of seconds in the file `FAST_CLOCK_STEP`, which may change at any time.

Not faster is what waits for work that no clock hurries: event loops, locks, child processes, SQLite, the
browser. The dates of files are the machine's.
"""

import os
import time

# What these modules wait with stays as it is: they keep the clock that they import here.
import asyncio.base_events  # isort: skip
import contextlib  # isort: skip
import concurrent.futures.thread  # noqa: F401  isort: skip
import queue  # noqa: F401  isort: skip
import subprocess  # noqa: F401  isort: skip
import threading  # noqa: F401  isort: skip
from pathlib import Path

import psutil  # noqa: F401

SPEED = float(os.environ["FAST_CLOCK_SPEED"])
SINCE = float(os.environ["FAST_CLOCK_SINCE"])
STEP = Path(os.environ["FAST_CLOCK_STEP"])
SHORTEST_SLEEP = 0.01
"""Seconds of the machine's clock: a wait of 0.05 s would else be a loop that never rests."""
READ_STEP_EVERY = 0.05

_time, _monotonic, _sleep = time.time, time.monotonic, time.sleep
_localtime, _strftime = time.localtime, time.strftime


class _Step:
    """By how much the wall clock was set forward, seconds."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._read_at = float("-inf")

    def seconds(self) -> float:
        now = _monotonic()
        if now - self._read_at > READ_STEP_EVERY:
            self._read_at = now
            with contextlib.suppress(OSError, ValueError):
                self._seconds = float(STEP.read_text())
        return self._seconds


_step = _Step()


def _fast_time() -> float:
    return SINCE + SPEED * (_time() - SINCE) + _step.seconds()


def _fast_sleep(seconds: float) -> None:
    _sleep(max(seconds / SPEED, SHORTEST_SLEEP) if seconds > 0.0 else seconds)


def _fast_localtime(seconds: float | None = None) -> time.struct_time:
    return _localtime(_fast_time() if seconds is None else seconds)


def _fast_strftime(text: str, moment: time.struct_time | None = None) -> str:
    return _strftime(text, _fast_localtime() if moment is None else moment)


time.time = _fast_time
time.monotonic = lambda: SPEED * _monotonic()
time.sleep = _fast_sleep
time.localtime = _fast_localtime  # type: ignore[assignment]
time.strftime = _fast_strftime  # type: ignore[assignment]
asyncio.base_events.BaseEventLoop.time = lambda _: _monotonic()  # type: ignore[method-assign]
