"""Notifications to systemd from the projector process: ready, position, and that it makes progress.

A ping is sent only after a piece of work or a check while waiting, never from a timer: a process that hangs
in one event, one statement or one copy sends no ping, and systemd starts it again.
"""

import time
from collections.abc import Callable

from core.process.memory import MemoryWatch
from core.process.notify import notify
from projections.engine.engine import Engine

PING_SECONDS = 5.0
"""Often enough for any watchdog, seldom enough to cost nothing: there are up to twenty rounds a second."""


class Supervision:
    """Notifies systemd, if systemd started the process; every ping also reads `memory`.

    Without `memory` it says nothing: one of several threads, whose process notifies for all of them.
    """

    def __init__(self, memory: MemoryWatch | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._memory = memory
        self._clock = clock
        self._pinged_at = float("-inf")

    def ready(self) -> None:
        """Report that the start is over: from now on the process waits for missing files."""
        if self._memory is not None:
            notify(READY="1", STATUS="starting")

    def stopping(self) -> None:
        """Report that the process was asked to end."""
        if self._memory is not None:
            notify(STOPPING="1")

    def waiting(self, reason: str) -> None:
        """Report that the process waits, and for what."""
        self._ping(f"waiting: {reason}")

    def rebuilding(self, position: int, head: int) -> None:
        """Report the log position that a rebuild has reached."""
        self._ping(f"rebuilding, position {position} of {head}")

    def following(self, engine: Engine) -> None:
        """Report the position at the end of the log."""
        stopped = [name for name, state in engine.states.items() if state.poison is not None]
        trouble = f", stopped: {', '.join(stopped)}" if stopped else ""
        self._ping(f"position {engine.position}{trouble}")

    def _ping(self, status: str) -> None:
        now = self._clock()
        if self._memory is None:
            return
        if now - self._pinged_at >= PING_SECONDS:
            self._pinged_at = now
            alarm = self._memory.measure().alarm
            notify(WATCHDOG="1", STATUS=f"{status}; {alarm}" if alarm else status)
