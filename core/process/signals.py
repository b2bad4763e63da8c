"""Ending on request: SIGTERM and SIGINT are noted, and whoever waits is woken.

What is finished before the process ends is decided by `producer.run.run`.
"""

import signal
import time
from types import FrameType

__all__ = ["Stop"]

SLICE_SECONDS = 0.1


class Stop:
    """Whether somebody asked this process to end, and by which signal."""

    def __init__(self) -> None:
        self.signal_name: str | None = None

    @property
    def requested(self) -> bool:
        return self.signal_name is not None

    def listen(self) -> None:
        """Note SIGTERM and SIGINT from now on instead of dying of them; a second one changes nothing."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def sleep(self, seconds: float) -> None:
        """Sleep, but no longer than until somebody asks to end."""
        until = time.monotonic() + seconds
        while not self.requested and (remaining := until - time.monotonic()) > 0.0:
            time.sleep(min(remaining, SLICE_SECONDS))

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.signal_name = signal.Signals(number).name
