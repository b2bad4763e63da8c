"""Priorities for journald, from the commands themselves; nothing of the kind for people."""

import logging
import os
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
def test_the_last_word_of_a_command_is_an_error_to_journald(command: str, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HAMLET_")}
    run = subprocess.run(
        [COMMANDS / command, "run"],
        capture_output=True, text=True, timeout=120, cwd=tmp_path,
        env=environment | {"JOURNAL_STREAM": "8:12345"},
    )  # fmt: skip
    assert run.returncode == 78
    assert run.stderr.startswith("<3>error: no ")


def test_a_warning_of_the_trainer_is_one_to_journald(capfd: pytest.CaptureFixture[str]) -> None:
    from producer.run.console import Console

    console = Console()
    console.warn("for people")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JOURNAL_STREAM", "8:12345")
        console.warn("for journald")
    assert capfd.readouterr().err == "warning: for people\n<4>warning: for journald\n"
