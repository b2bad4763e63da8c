"""A disk that is really full: each process says so, loses nothing, and goes on once there is room.

Small file systems in memory are filled to the last byte with a ballast file, which is then taken away.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw

from tests.faults.conftest import Mount
from tests.support.logs import learning_events, log_head
from tests.support.processes import Start, wait_until
from tests.support.read_models import read_tables, rebuilt_tables

Tables = dict[str, list[tuple[Any, ...]]]
COMMANDS = Path(sys.executable).parent
NOWHERE = "http://127.0.0.1:9/"
"""The discard port: no time is spent on screenshots."""


def fill(disk: Path) -> Path:
    """Fill a file system to the last byte; what to remove to make room again."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    os.write(file.fileno(), bytes(size))
            except OSError:
                continue
    return ballast


def num_episodes(read_model: Path) -> int:
    """How many episodes a read model has, 0 while it is being made."""
    if not read_model.exists():
        return 0
    connection = apsw.Connection(str(read_model), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(10_000)
        return int(connection.execute("SELECT count(*) FROM episodes").get)
    except apsw.SQLError:
        return 0
    finally:
        connection.close()


def test_the_trainer_waits_for_room_for_checkpoints_and_events_and_learns_the_same(
    tmp_path: Path, small_config: Path, episodes: int, uninterrupted_run: Path, start: Start,
    disk: Mount,
) -> None:  # fmt: skip
    for_events, for_checkpoints = disk("events", "24m"), disk("checkpoints", "24m")
    events, said = for_events / "events.db", tmp_path / "producer-0.log"
    ballast = fill(for_checkpoints)
    command = ("producer", "run", "--config", small_config, "--episodes", episodes)
    trainer = start(*command, environment={
        "HAMLET_DB_PATH": f"{for_events}/", "HAMLET_CHECKPOINT_DIR": f"{for_checkpoints}",
    })  # fmt: skip
    wait_until(
        lambda: "a checkpoint cannot be written (No space left on device); waiting" in said.read_text()
    )
    # the episodes before the checkpoint are in the log, whose disk has room
    waiting_at = log_head(events)
    assert waiting_at > 0
    more_ballast = fill(for_events)
    ballast.unlink()
    wait_until(lambda: "the event log cannot grow: the disk is full; waiting" in said.read_text())
    assert trainer.poll() is None
    more_ballast.unlink()
    assert trainer.wait(timeout=300) == 0
    assert said.read_text().count("writing works again; going on") == 2
    assert learning_events(for_events) == learning_events(uninterrupted_run)


def test_the_projector_waits_for_room_and_ends_with_the_same_tables(
    tmp_path: Path, logged: Path, start: Start,
    disk: Mount,
) -> None:  # fmt: skip
    small, said = disk("small", "8m"), tmp_path / "projections-0.log"
    events = tmp_path / "events.db"
    shutil.copy(logged, events)
    ballast = fill(small)
    os.truncate(ballast, ballast.stat().st_size - 200_000)
    environment = {"HAMLET_DB_PATH": f"{small}/", "HAMLET_EVENTS_PATH": f"{events}"}
    projector = start("projections", "run", environment=environment)
    waits = f"{small}/demo_state.db: cannot be written (the disk is full); waiting for that to pass"
    wait_until(lambda: waits in said.read_text())
    ballast.unlink()
    wait_until(lambda: "can be written again; going on" in said.read_text())
    straight = rebuilt_tables(events, tmp_path / "straight.db")
    wait_until(lambda: read_tables(small / "demo_state.db") == straight)
    projector.send_signal(signal.SIGTERM)
    assert projector.wait(timeout=120) == 0
    assert said.read_text().count(waits) == 1


def test_a_rebuild_without_room_ends_with_a_sentence_and_changes_nothing(
    tmp_path: Path, logged: Path, disk: Mount
) -> None:  # fmt: skip
    small = disk("small", "16m")
    shutil.copy(logged, small / "events.db")
    command = [COMMANDS / "projections", "run", "--until-caught-up", "--run-dir", small]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    before = read_tables(small / "demo_state.db")
    fill(small)
    command = [COMMANDS / "projections", "rebuild", "--run-dir", small]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert refused.returncode == 74
    assert refused.stderr.count("\n") == 1
    assert "disk is full" in refused.stderr
    assert read_tables(small / "demo_state.db") == before
    assert not list(small.glob("*.building-*"))


def test_the_snapshot_worker_makes_what_it_missed_once_there_is_room(
    tmp_path: Path,
    logged: Path,
    start: Start,
    disk: Mount,
) -> None:
    small, said = disk("small", "16m"), tmp_path / "server-1.log"
    shutil.copy(logged, small / "events.db")
    projector = start("projections", "run", "--run-dir", small)
    wait_until(lambda: num_episodes(small / "demo_state.db") == 300)
    ballast = fill(small)
    worker = start("server", "snapshots", "--run-dir", small, "--url", NOWHERE, "--poll", 0.2,
                   "--disk-floor", 0, "--gif-episodes", 100)  # fmt: skip
    wait_until(lambda: "cannot be written (No space left on device)" in said.read_text())
    ballast.unlink()
    expected = {"novelty_ep1-100.gif", "novelty_ep101-200.gif", "novelty_ep201-300.gif", "index.json"}
    snapshots = small / "snapshots"
    wait_until(lambda: expected <= {path.name for path in snapshots.iterdir()})
    wait_until((small / "exports" / "final_metrics.csv").exists)
    assert (small / "exports" / "final_metrics.csv").read_text().count("\n") == 301
    for process in (worker, projector):
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
    left = [path.name for path in small.rglob("*") if ".part" in path.name or "unfinished" in path.name]
    assert left == []
