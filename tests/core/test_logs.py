"""Lines of the processes: with times for people, with priorities for journald."""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.process.logs import with_priority

COMMANDS = Path(sys.executable).parent


def test_a_line_is_marked_only_where_journald_listens() -> None:
    assert with_priority("warning: so", logging.WARNING, {"JOURNAL_STREAM": "8:12345"}) == "<4>warning: so"
    assert with_priority("error: so", logging.ERROR, {}) == "error: so"


@pytest.mark.parametrize("command", ["producer", "projections", "server"])
def test_the_error_that_ends_a_command_has_its_priority_in_the_journal(command: str, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HAMLET_")}
    run = subprocess.run(
        [COMMANDS / command, "run"],
        capture_output=True, text=True, timeout=120, cwd=tmp_path,
        env=environment | {"JOURNAL_STREAM": "8:12345"},
    )  # fmt: skip
    assert run.returncode == 78
    assert run.stderr.startswith("<3>error: no ")


LINES = """
import logging
from core.process.logs import log_to_stderr
log_to_stderr()
logging.getLogger("any").info("so far")
logging.getLogger("any").warning("careful")
"""


def lines(**environment: str) -> list[str]:
    inherited = {key: value for key, value in os.environ.items() if key != "JOURNAL_STREAM"}
    ended = subprocess.run(
        [sys.executable, "-c", LINES],
        capture_output=True, text=True, timeout=120, check=True, env=inherited | environment,
    )  # fmt: skip
    assert ended.stdout == ""
    return ended.stderr.splitlines()


def test_a_line_has_its_time_for_people_and_its_severity_for_journald() -> None:
    plain, warning = lines()
    assert re.fullmatch(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] so far", plain)
    assert warning.endswith("] warning: careful")
    assert lines(JOURNAL_STREAM="8:12345") == ["<6>so far", "<4>careful"]
