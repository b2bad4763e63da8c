"""Logs for two readers: a person at a terminal, and journald, which keeps time and severity itself."""

import logging
import os
import sys

PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""syslog's, as journald reads them from a `<N>` before a line (sd-daemon(3))."""


class JournalFormatter(logging.Formatter):
    """`<6>message`; every line of a traceback gets the prefix, or journald would file it as unimportant."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's text with the priority before each line."""
        prefix = f"<{PRIORITIES.get(record.levelno, 6)}>"
        return "\n".join(prefix + line for line in super().format(record).splitlines())


def log_to_stderr() -> None:
    """Send everything from INFO up to stderr; per-request chatter stays out."""
    handler = logging.StreamHandler(sys.stderr)
    if "JOURNAL_STREAM" in os.environ:
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        line = "[%(asctime)s] %(levelname)s %(message)s"
        handler.setFormatter(logging.Formatter(line, "%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("uvicorn", "uvicorn.error", "uvicorn.access", "websockets", "PIL", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
