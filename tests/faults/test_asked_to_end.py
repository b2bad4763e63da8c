"""SIGTERM: each process ends with exit code 0, the trainer with a checkpoint of the episode it has reached.

How long that took is printed, not asserted: the wait's limit is a safety net.
"""

import random
import re
import shutil
import signal
import statistics
import subprocess
import time
from pathlib import Path

import pytest

from core.codec import decode
from core.events import CheckpointSaved, EpisodeFinished, RunStopped
from tests.support.logs import log_head, read_log
from tests.support.processes import Start, wait_until

FAR_TOO_LONG = 120.0


def end(process: "subprocess.Popen[bytes]") -> float:
    """Ask a process to end; the seconds it took to do so."""
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=FAR_TOO_LONG) == 0
    return time.monotonic() - asked


def report(what: str, took: list[float]) -> None:
    print(f"{what}: {len(took)} times, {statistics.median(took):.2f} s median, {max(took):.2f} s at most")


@pytest.mark.timeout(1800)
def test_the_trainer_leaves_a_checkpoint_of_the_episode_it_has_reached(
    tmp_path: Path, kills: int, moments: random.Random, start: Start,
) -> None:  # fmt: skip
    events, took = tmp_path / "events.db", []

    for _ in range(kills):
        before = log_head(events)
        # the sizes of the default run, whose checkpoints with their replay buffers are what takes time
        trainer = start("producer", "run", "--config", "configs/townlet/sparse_adaptive.yaml",
                        "--run-dir", tmp_path)  # fmt: skip
        wait_until(lambda before=before: log_head(events) > before + 100)
        time.sleep(moments.uniform(0.0, 1.0))
        took.append(end(trainer))
        story = [decode(record) for record in read_log(tmp_path)]
        reached = [event.episode for event in story if isinstance(event, EpisodeFinished)][-1]
        saved = [event for event in story if isinstance(event, CheckpointSaved)][-1]
        assert saved.episode == reached
        assert (tmp_path / "checkpoints" / saved.checkpoint.name).stat().st_size == saved.checkpoint.bytes
        assert story[-1] == RunStopped(episode=reached, reason="signal", detail="SIGTERM")
    report("trainer", took)


@pytest.mark.timeout(1800)
def test_projector_server_and_snapshot_worker_end_in_good_order(
    tmp_path: Path, logged: Path, page: Path, kills: int, moments: random.Random, start: Start,
) -> None:  # fmt: skip
    shutil.copy(logged, tmp_path / "events.db")
    commands = {
        "projections": ("projections", "run", "--run-dir", tmp_path),
        "server": ("server", "run", "--run-dir", tmp_path, "--frontend", page, "--port", 0),
        "snapshots": ("server", "snapshots", "--run-dir", tmp_path, "--url", "http://127.0.0.1:9/"),
    }
    signs = {
        "projections": "projecting",
        "server": "The dashboard is at",
        "snapshots": "exported|made|took|WARN",
    }
    took: dict[str, list[float]] = {name: [] for name in commands}
    started = 0
    for _ in range(kills):
        for name, command in commands.items():
            process = start(*command)
            said = tmp_path / f"{command[0]}-{started}.log"
            started += 1
            wait_until(lambda said=said, name=name: re.search(signs[name], said.read_text()))
            time.sleep(moments.uniform(0.0, 0.5))
            took[name].append(end(process))
            assert "Traceback" not in said.read_text()
        shutil.rmtree(tmp_path / "snapshots")
        shutil.rmtree(tmp_path / "exports")
    for name, times in took.items():
        report(name, times)
