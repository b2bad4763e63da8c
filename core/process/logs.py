"""The log of a long-running process: lines on stderr for a terminal, or for journald with severities.

journald reads the severity of a line from a `<N>` before it, where N is a priority of syslog (sd-daemon(3)).
systemd sets JOURNAL_STREAM for a process whose output goes to journald.
"""

import logging
import os
import sys
from collections.abc import Mapping

__all__ = ["log_to_stderr", "with_priority"]

PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""Level of Python's logging → priority of syslog."""
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
ONLY_WARNINGS = ("uvicorn", "uvicorn.error", "uvicorn.access", "websockets", "PIL", "asyncio")
"""Loggers that write a line for every request or picture at INFO."""


def with_priority(text: str, level: int, environment: Mapping[str, str] = os.environ) -> str:
    """The text with its priority before each line where journald reads it; otherwise the text as it is.

    `level` is one of Python's logging.
    """
    if "JOURNAL_STREAM" not in environment:
        return text
    prefix = f"<{PRIORITIES.get(level, PRIORITIES[logging.INFO])}>"
    return "\n".join(prefix + line for line in text.splitlines())


def log_to_stderr() -> None:
    """Send every record from INFO up to stderr; records of one request or picture are left out.

    A line is `[2030-01-31 12:00:00] text`, with `warning: ` or `error: ` before the text where it is one.
    journald keeps time and severity itself, so there a line is the text with its priority.
    """
    handler = logging.StreamHandler(sys.stderr)
    in_journal = "JOURNAL_STREAM" in os.environ
    handler.setFormatter(_JournalFormatter("%(message)s") if in_journal else _TerminalFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ONLY_WARNINGS:
        logging.getLogger(name).setLevel(logging.WARNING)


class _TerminalFormatter(logging.Formatter):
    """Time and text; the severity is named only where somebody may have to act."""

    def __init__(self) -> None:
        super().__init__("[%(asctime)s] %(message)s", TIME_FORMAT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (Python's name)
        if record.levelno >= logging.WARNING:
            record.message = f"{record.levelname.lower()}: {record.message}"
        return super().formatMessage(record)


class _JournalFormatter(logging.Formatter):
    """Every line of a traceback gets the priority, or journald would file the line as unimportant."""

    def format(self, record: logging.LogRecord) -> str:
        return with_priority(super().format(record), record.levelno)
