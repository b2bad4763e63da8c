"""Projector and rebuild killed at any moment: no row lost, doubled or halved, and no way back in time."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.faults.conftest import Grow
from tests.support.processes import Start, wait_until
from tests.support.read_models import read_tables, rebuilt_tables

Tables = dict[str, list[tuple[Any, ...]]]

# A rebuild that dies in the middle of the swap: the live file is locked, some of its pages are new ones.
DYING_REBUILD = """
import os, signal, sys
from projections.engine import rebuild
from projections.cli import main
from projections.engine.engine import Engine

countdown = int(sys.argv.pop(1))
rebuild.COPY_PAGES = 8
catch_up = Engine.catch_up

def dying(*arguments):
    global countdown
    countdown -= 1
    if countdown < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return catch_up(*arguments)

Engine.catch_up = dying
main()
"""


def positions(read_model: Path) -> dict[str, int]:
    """How far each projector is; empty while there is no read model."""
    if not read_model.exists():
        return {}
    connection = apsw.Connection(str(read_model), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(10_000)
        return dict(connection.execute("SELECT name, position FROM projector_positions").fetchall())
    except apsw.SQLError:
        return {}  # killed before its tables were made
    finally:
        connection.close()


def is_sound(path: Path) -> bool:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return bool(connection.pragma("integrity_check") == "ok")
    finally:
        connection.close()


@pytest.mark.timeout(1800)
def test_a_projector_killed_again_and_again_leaves_the_tables_of_one_that_was_not(
    tmp_path: Path, kills: int, moments: random.Random, start: Start,
    growing: Grow,
) -> None:  # fmt: skip
    live = tmp_path / "demo_state.db"
    grown = growing(tmp_path / "events.db")
    reached: dict[str, int] = {}
    for _ in range(10 * kills):
        projector = start("projections", "run", "--run-dir", tmp_path)
        if moments.random() < 0.5:
            # at work for certain; else at any moment of its beginning
            before = sum(reached.values())
            wait_until(lambda before=before: sum(positions(live).values()) > before)
        time.sleep(moments.uniform(0.0, 0.4))
        projector.send_signal(signal.SIGKILL)
        assert projector.wait(timeout=120) == -signal.SIGKILL
        now = positions(live)
        assert all(now[name] >= position for name, position in reached.items()), "taken back in time"
        reached = now
    grown()
    assert start("projections", "run", "--run-dir", tmp_path, "--until-caught-up").wait(timeout=120) == 0
    assert is_sound(live)
    assert read_tables(live) == rebuilt_tables(tmp_path / "events.db", tmp_path / "straight.db")


@pytest.mark.timeout(1800)
def test_a_rebuild_killed_again_and_again_leaves_the_live_file_as_it_was(
    tmp_path: Path, logged: Path, kills: int, moments: random.Random, start: Start,
) -> None:  # fmt: skip
    (tmp_path / "events.db").write_bytes(logged.read_bytes())
    live = tmp_path / "demo_state.db"
    assert start("projections", "run", "--run-dir", tmp_path, "--until-caught-up").wait(timeout=120) == 0
    straight = rebuilt_tables(tmp_path / "events.db", tmp_path / "straight.db")
    killed = 0
    for _ in range(5 * kills):
        rebuild = start("projections", "rebuild", "--run-dir", tmp_path)
        time.sleep(moments.uniform(0.1, 0.7))
        rebuild.send_signal(signal.SIGKILL)
        code = rebuild.wait(timeout=120)
        assert code in (0, -signal.SIGKILL)
        killed += code != 0
        assert read_tables(live) == straight
    print(f"{killed} rebuilds killed")
    for calls in moments.sample(range(1, 30), 2 * kills if kills < 15 else 29):
        # the first call is the long one, before the swap; the others come between the pages of the swap
        command = [sys.executable, "-c", DYING_REBUILD, str(calls), "rebuild", "--run-dir", str(tmp_path)]
        died = subprocess.run(command, capture_output=True, timeout=120, check=False, env=dict(os.environ))
        assert died.returncode == -signal.SIGKILL
        assert read_tables(live) == straight
        assert is_sound(live)
    assert start("projections", "rebuild", "--run-dir", tmp_path).wait(timeout=120) == 0
    assert read_tables(live) == straight
    assert not list(tmp_path.glob("*.building-*")), "what killed rebuilds left behind is still there"
