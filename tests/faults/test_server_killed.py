"""Server and snapshot worker killed at any moment: the next one serves and makes what is missing."""

import contextlib
import hashlib
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image

from tests.support.processes import Start, wait_until

COMMANDS = Path(sys.executable).parent
GIF_EPISODES = 30
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def run_dir(tmp_path: Path, logged: Path) -> Path:
    """A projected run of 300 episodes."""
    folder = tmp_path / "run"
    folder.mkdir()
    shutil.copy(logged, folder / "events.db")
    command = [COMMANDS / "projections", "run", "--until-caught-up", "--run-dir", folder]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder


def asked(port: int) -> Any:
    """What the server says of the present; None when there is no answer."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/state", timeout=120).json()
    except httpx.HTTPError:
        return None


@pytest.mark.timeout(1800)
def test_a_killed_server_leaves_its_port_and_nothing_else(
    run_dir: Path, page: Path, free_port: int, kills: int, moments: random.Random, start: Start,
) -> None:  # fmt: skip
    before = {path.name: path.read_bytes() for path in run_dir.iterdir() if path.suffix == ".db"}
    first: Any = None
    for _ in range(2 * kills):
        server = start("server", "run", "--run-dir", run_dir, "--frontend", page, "--port", free_port)
        if moments.random() < 0.5:
            wait_until(lambda: asked(free_port) is not None)
            first = first or asked(free_port)
            assert asked(free_port) == first
        time.sleep(moments.uniform(0.0, 0.8))
        server.send_signal(signal.SIGKILL)
        assert server.wait(timeout=120) == -signal.SIGKILL
    start("server", "run", "--run-dir", run_dir, "--frontend", page, "--port", free_port)
    wait_until(lambda: asked(free_port) is not None)
    assert asked(free_port)["episode"] == 300
    assert first is None or asked(free_port) == first
    assert {path.name: path.read_bytes() for path in run_dir.iterdir() if path.suffix == ".db"} == before


def made_by(run_dir: Path) -> dict[str, str]:
    """Digest of every picture and export whose name does not tell the time it was made at."""
    files = [*run_dir.glob("snapshots/novelty_*"), run_dir / "exports" / "final_metrics.csv"]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.exists()}


@pytest.mark.timeout(1800)
def test_a_killed_snapshot_worker_leaves_whole_files_and_the_next_makes_the_rest(
    run_dir: Path, tmp_path: Path, kills: int, moments: random.Random, start: Start,
) -> None:  # fmt: skip
    straight = Path(shutil.copytree(run_dir, tmp_path / "straight"))
    for folder in (run_dir, straight):
        # a screenshot of this moment, so that none is due and no browser is needed
        (folder / "snapshots").mkdir()
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        Image.new("RGB", (8, 8)).save(folder / "snapshots" / f"screenshot_{stamp}.png")
    arguments = ("server", "snapshots", "--url", NOWHERE, "--gif-episodes", GIF_EPISODES, "--poll", 0.05,
                 "--screenshot-every", 10_000, "--export-every", 0.0003, "--run-dir")  # fmt: skip
    expected = {f"novelty_ep{last - 29}-{last}.gif" for last in range(30, 301, 30)} | {"final_metrics.csv"}

    for _ in range(2 * kills):
        worker = start(*arguments, run_dir)
        time.sleep(moments.uniform(0.5, 2.0))
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(timeout=120) == -signal.SIGKILL
        # nobody may meet half a file under a final name
        for picture in run_dir.glob("snapshots/*.gif"):
            with Image.open(picture) as opened:
                assert opened.n_frames == GIF_EPISODES
        for export in run_dir.glob("exports/[!.]*.csv"):
            assert export.read_text().count("\n") == 301
        if (run_dir / "snapshots" / "index.json").exists():
            json.loads((run_dir / "snapshots" / "index.json").read_bytes())
        if set(made_by(run_dir)) == expected:
            # all is made: take some away, so that the next one has work
            for name in moments.sample(sorted(expected - {"final_metrics.csv"}), 5):
                (run_dir / "snapshots" / name).unlink()
    workers = [start(*arguments, folder) for folder in (run_dir, straight)]
    for folder in (run_dir, straight):
        wait_until(lambda folder=folder: set(made_by(folder)) == expected)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=120) == 0
    assert made_by(run_dir) == made_by(straight)
    left = [path.name for path in run_dir.rglob("*") if ".part" in path.name or "unfinished" in path.name]
    assert left == []


def test_a_snapshot_worker_killed_while_its_browser_waits_leaves_no_browser(
    run_dir: Path, start: Start
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        # connections are taken by the kernel, and nobody ever answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        worker = start("server", "snapshots", "--run-dir", run_dir, "--url", url, "--gif-episodes", 1000)
        family = psutil.Process(worker.pid)
        wait_until(lambda: any("chrom" in name for name in living(family.children(recursive=True))))
        children = family.children(recursive=True)
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(timeout=120) == -signal.SIGKILL
        wait_until(lambda: not living(children))


def living(processes: list[psutil.Process]) -> list[str]:
    """The names of those that have not ended; one whose end its parent has not noticed counts as ended."""
    names = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                names.append(process.name())
    return names
