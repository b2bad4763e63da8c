"""How serious a line is, for journald, which reads a `<N>` before it (sd-daemon(3)); people need none."""

import os
from collections.abc import Mapping

ERROR = 3
WARNING = 4
INFO = 6


def marked(line: str, priority: int, environment: Mapping[str, str] = os.environ) -> str:
    """The line with its priority in front where journald listens, else as it is."""
    return f"<{priority}>{line}" if "JOURNAL_STREAM" in environment else line
