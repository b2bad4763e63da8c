"""Output of the long-running processes: a line that cannot be written is dropped and never stops the work.

The reader of stdout or stderr may go away (`| head -3`), stop reading (Ctrl-S), or be a file on a full disk;
the descriptor may be closed. `protect_output` makes all of these harmless.
"""

import contextlib
import io
import os
import select
import sys
import threading
from typing import Any

__all__ = ["LossyStream", "protect_errors", "protect_output"]

TIMEOUT_MS = 200
"""How long a line waits for a reader that does not read. After a dropped line the next does not wait."""
CHUNK_BYTES = select.PIPE_BUF
"""A pipe that is writable takes this many bytes without blocking."""


class LossyStream(io.TextIOBase):
    """A text stream over a file descriptor; `write` never raises and never blocks for long.

    Whole lines are written. A line that fails is dropped; the next line that succeeds is preceded by the
    number of dropped lines. Without a descriptor everything is dropped.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._lock = threading.RLock()  # a signal handler may print while a line is being printed
        self._pending = ""
        self._dropped = 0

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Always UTF-8."""
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        """What UTF-8 cannot encode is replaced."""
        return "replace"

    def writable(self) -> bool:
        """Always true: whatever cannot be written is dropped."""
        return True

    def isatty(self) -> bool:
        """Whether the lines go to a terminal."""
        return self._descriptor is not None and os.isatty(self._descriptor)

    def fileno(self) -> int:
        """The file descriptor.

        Raises:
            io.UnsupportedOperation: there is none.
        """
        if self._descriptor is None:
            raise io.UnsupportedOperation("fileno")
        return self._descriptor

    def write(self, text: str) -> int:
        """Buffer `text` and write its complete lines."""
        with self._lock:
            lines, newline, self._pending = (self._pending + text).rpartition("\n")
            if newline:
                self._write_lines(lines + newline)
        return len(text)

    def flush(self) -> None:
        """Write an incomplete line too."""
        with self._lock:
            pending, self._pending = self._pending, ""
            if pending:
                self._write_lines(pending)

    def _write_lines(self, text: str) -> None:
        if self._descriptor is None:
            return
        notice = f"({self._dropped} lines could not be written here)\n" if self._dropped else ""
        if _write_all(self._descriptor, (notice + text).encode(errors="replace"), wait=not self._dropped):
            self._dropped = 0
        else:
            self._dropped += max(1, text.count("\n"))


def _write_all(descriptor: int, content: bytes, wait: bool) -> bool:
    """Write `content` in pieces that do not block; False if it could not be written as a whole."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    try:
        while content:
            if not poll.poll(TIMEOUT_MS if wait else 0):
                return False
            content = content[os.write(descriptor, content[:CHUNK_BYTES]) :]
    except OSError:
        return False
    return True


def protect_errors() -> None:
    """Make stderr lossy, and make sure that no file of ours gets the number of a closed standard stream.

    Every command does this first: an error message that cannot be written must not change the exit code.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    sys.stderr = _lossy(sys.stderr, sys.__stderr__)


def protect_output() -> None:
    """Make stdout lossy too. Only for the long-running processes: results of a command must not be lost."""
    sys.stdout = _lossy(sys.stdout, sys.__stdout__)


def _lossy(stream: Any, original: Any) -> Any:
    """A lossy stream in place of one of Python's own; a stream that a test has put there is kept."""
    if stream is not original:
        return stream
    if stream is None:  # the descriptor was closed when Python started
        return LossyStream(None)
    with contextlib.suppress(OSError, ValueError):
        stream.flush()
    return LossyStream(stream.fileno())
