"""A closed terminal ends what was started in it, with a checkpoint, and leaves nothing running."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.codec import decode
from core.events import CheckpointSaved, EpisodeFinished, RunStopped
from core.process.sqlite import open_reader
from tests.support.logs import read_log
from tests.support.processes import COMMANDS, REPOSITORY, Start, is_listening, unused_port, wait_until


def is_training(folder: Path) -> bool:
    return (folder / "events.db").exists() and any(
        isinstance(decode(record), EpisodeFinished) for record in read_log(folder)
    )


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock file."""
    return subprocess.run(["flock", "--nonblock", path, "true"], check=False).returncode != 0


def test_the_trainer_takes_it_for_a_request_to_end(tmp_path: Path, small_config: Path, start: Start) -> None:
    process = start("producer", "run", "--config", small_config, "--run-dir", tmp_path, "--episodes", 100_000)
    wait_until(lambda: is_training(tmp_path))
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=120) == 0
    events = [decode(record) for record in read_log(tmp_path)]
    stopped = events[-1]
    assert isinstance(stopped, RunStopped)
    assert (stopped.reason, stopped.detail) == ("signal", "SIGHUP")
    # a checkpoint is named after what made it due, so the event says which episode it stands for
    saved = [event for event in events if isinstance(event, CheckpointSaved)][-1]
    assert saved.episode == stopped.episode
    assert (tmp_path / "checkpoints" / saved.checkpoint.name).is_file()


def test_under_nohup_it_trains_on(tmp_path: Path, small_config: Path, start: Start) -> None:
    arguments = ("run", "--config", small_config, "--run-dir", tmp_path, "--episodes", 100_000)
    process = start("/usr/bin/nohup", COMMANDS / "producer", *arguments)
    wait_until(lambda: is_training(tmp_path))
    process.send_signal(signal.SIGHUP)
    reached = len(read_log(tmp_path))
    wait_until(lambda: len(read_log(tmp_path)) > reached + 20)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 0
    stopped = decode(read_log(tmp_path)[-1])
    assert isinstance(stopped, RunStopped)
    assert stopped.detail == "SIGTERM"


@pytest.mark.skipif(not (REPOSITORY / "frontend" / "dist").is_dir(), reason="the dashboard is not built")
def test_the_demo_leaves_nothing_running(tmp_path: Path, small_config: Path) -> None:
    port = unused_port()
    run_dir = tmp_path / "run"
    procfile = tmp_path / "Procfile"
    procfile.write_text(
        f"producer: exec producer run --config {small_config} --run-dir {run_dir} --episodes 100000\n"
        f"projections: exec projections run --run-dir {run_dir}\n"
        f"server: exec server run --run-dir {run_dir} --port {port}\n"
    )
    environment = os.environ | {"PATH": f"{COMMANDS}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    pid, terminal = pty.fork()
    if pid == 0:  # the leader of a session whose terminal this is
        os.chdir(REPOSITORY)
        os.execve(sys.executable, [sys.executable, "configs/demo/together.py", str(procfile)], environment)
    os.set_blocking(terminal, False)
    try:
        wait_until(lambda: _read_on(terminal) and is_training(run_dir) and is_listening(port))
    finally:
        os.close(terminal)  # as a closed window does: SIGHUP, and every later line fails
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert not is_listening(port)
    assert not is_locked(run_dir / "events.db.lock")
    assert not is_locked(run_dir / "demo_state.db.lock")
    stopped = decode(read_log(run_dir)[-1])
    assert isinstance(stopped, RunStopped)
    assert stopped.reason == "signal"
    open_reader(run_dir / "demo_state.db").close()


def _read_on(terminal: int) -> bool:
    with contextlib.suppress(OSError):  # nothing to read
        os.read(terminal, 65_536)
    return True
