"""One writer per file: who holds the lock, who is refused, and what becomes of it when its holder dies."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import AlreadyRunningError, StoreError
from core.process.lock import exclusive

HOLDER = """
import sys, time
from pathlib import Path
from core.process.lock import exclusive

with exclusive(Path(sys.argv[1]), "producer run"):
    print("held", flush=True)
    time.sleep(300)
"""


def holding(guarded: Path) -> "subprocess.Popen[str]":
    """A process of its own that holds the lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, guarded], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_learns_who_holds_the_lock_and_a_killed_one_releases_it(tmp_path: Path) -> None:
    guarded = tmp_path / "events.db"
    with holding(guarded) as process:
        try:
            with pytest.raises(AlreadyRunningError) as refusal, exclusive(guarded, "second"):
                pass
            assert re.fullmatch(
                rf"{guarded}: already in use by producer run \(pid {process.pid} on \S+,"
                r" since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\);"
                r" stop it first, or choose another run directory",
                str(refusal.value),
            )
            assert refusal.value.exit_code == 75
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=120)
    with exclusive(guarded, "second"):
        holder = (tmp_path / "events.db.lock").read_text()
        assert holder.startswith(f"second (pid {os.getpid()} on ")


def test_it_is_let_go_at_the_end_of_the_block_however_that_ends(tmp_path: Path) -> None:
    guarded = tmp_path / "events.db"
    with pytest.raises(ZeroDivisionError), exclusive(guarded, "first"):
        _ = 1 // 0
    with exclusive(guarded, "second"):
        pass


def test_two_names_of_one_file_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "other.db").symlink_to(tmp_path / "real" / "events.db")
    with exclusive(tmp_path / "real" / "events.db", "first"):
        for name in (tmp_path / "link" / "events.db", tmp_path / "other.db"):
            with pytest.raises(AlreadyRunningError, match="in use by first"), exclusive(name, "second"):
                pass


def test_a_folder_is_made_where_it_can_be(tmp_path: Path) -> None:
    with exclusive(tmp_path / "new" / "run" / "events.db", "first"):
        assert (tmp_path / "new" / "run").is_dir()
    (tmp_path / "file").touch()
    with (
        pytest.raises(StoreError, match=r"cannot write there .*; name a writable directory"),
        exclusive(tmp_path / "file" / "events.db", "first"),
    ):
        pass
