"""Where its lines go never matters to a process: a full disk, a closed stream, a reader that is gone."""

import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from core.codec import decode
from core.events import RunStopped
from tests.support.logs import read_log
from tests.support.processes import wait_until
from tests.support.read_models import catch_up

COMMANDS = Path(sys.executable).parent
LOST = {
    "full disk": ">/dev/full 2>&1",
    "closed": ">&- 2>&-",
    "stderr closed": "2>&-",
    "reader gone": "2>&1 | head -1 >/dev/null",
}


def shell(command: str) -> int:
    """Run a command line in bash; the exit code of the first command of its pipe."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    script = f"{command}; exit ${{PIPESTATUS[0]}}"
    return subprocess.run(["bash", "-c", script], env=environment, timeout=600, check=False).returncode


@pytest.mark.parametrize("lost", LOST)
def test_trainer_and_projector_end_their_work(tmp_path: Path, small_config: Path, lost: str) -> None:
    arguments = f"--config {small_config} --run-dir {tmp_path} --episodes 40"
    assert shell(f"{COMMANDS}/producer run {arguments} {LOST[lost]}") == 0
    assert decode(read_log(tmp_path)[-1]) == RunStopped(episode=40, reason="completed", detail="40 episodes")
    assert (tmp_path / "checkpoints" / "checkpoint_ep00040.pt").exists()
    assert shell(f"{COMMANDS}/projections run --run-dir {tmp_path} --until-caught-up {LOST[lost]}") == 0
    # a mistake keeps its exit code, whether anybody can read the sentence or not
    mistaken = f"--config {tmp_path}/none.yaml --run-dir {tmp_path}/new"
    assert shell(f"{COMMANDS}/producer run {mistaken} {LOST[lost]}") == 78


def test_the_server_answers(tmp_path: Path, free_port: int) -> None:
    process = subprocess.Popen(
        ["bash", "-c", f"exec {COMMANDS}/server run --run-dir {tmp_path} --port {free_port} >/dev/full 2>&1"]
    )

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/") as response:
                return bool(response.status == 200)
        except OSError:
            return False

    try:
        wait_until(answers)
    finally:
        process.terminate()
        assert process.wait(timeout=120) == 0


@pytest.mark.parametrize("lost", LOST)
def test_the_snapshot_worker_makes_its_files(tmp_path: Path, logged: Path, lost: str) -> None:
    shutil.copy(logged, tmp_path / "events.db")
    catch_up(tmp_path)
    # the discard port: the worker has a failure to report, again and again
    options = f"--run-dir {tmp_path} --url http://127.0.0.1:9/ --poll 0.2 --gif-episodes 100 --disk-floor 0"
    # not as a part of a pipe, so that the process that is ended is the worker
    output = "> >(head -1 >/dev/null) 2>&1" if lost == "reader gone" else LOST[lost]
    command = f"exec {output}; exec {COMMANDS}/server snapshots {options}"
    worker = subprocess.Popen(["bash", "-c", command], env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        wait_until((tmp_path / "snapshots" / "novelty_ep201-300.gif").exists)
        wait_until((tmp_path / "exports" / "final_metrics.csv").exists)
        assert worker.poll() is None
    finally:
        worker.terminate()
        assert worker.wait(timeout=120) == 0
    # a mistake keeps its exit code, whether anybody can read the sentence or not
    once = f"--run-dir {tmp_path}/none --once gif"
    assert shell(f"{COMMANDS}/server snapshots {once} {LOST[lost]}") == os.EX_IOERR
