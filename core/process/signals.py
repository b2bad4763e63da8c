"""Ending on request: the signals that ask a process to end, and the flag that remembers the request."""

import signal
import threading
import time
from types import FrameType

__all__ = ["ShutdownSignal", "shutdown_signals"]

SLICE_SECONDS = 0.1
"""Longest sleep between two checks of the flag."""


def shutdown_signals() -> tuple[signal.Signals, ...]:
    """SIGTERM, SIGINT, and SIGHUP (the terminal was closed), unless SIGHUP is ignored, as under `nohup`."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return (signal.SIGTERM, signal.SIGINT)
    return (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class ShutdownSignal(threading.Event):
    """Whether the process was asked to end, and by which signal; it is awaited like a `threading.Event`.

    The handler only stores the name of the signal: `threading.Event.set` takes a lock, which the interrupted
    code may hold.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signal_name: str | None = None

    @property
    def requested(self) -> bool:
        """Whether the process was asked to end."""
        return self.is_set()

    def is_set(self) -> bool:
        """Whether a signal came, or `set` was called."""
        return self.signal_name is not None or super().is_set()

    def listen(self) -> None:
        """From now on a signal of `shutdown_signals` sets the flag; a second one changes nothing."""
        for number in shutdown_signals():
            signal.signal(number, self._handle)

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep until the process is asked to end, at most `timeout` seconds; whether it was asked."""
        until = float("inf") if timeout is None else time.monotonic() + timeout
        while not self.is_set() and (remaining := until - time.monotonic()) > 0.0:
            time.sleep(min(remaining, SLICE_SECONDS))
        return self.is_set()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.signal_name = signal.Signals(number).name
