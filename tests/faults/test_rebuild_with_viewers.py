"""Ten rebuilds in a row while everything runs: trainer, projector, server; fifty viewers notice nothing."""

import asyncio
import json
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from websockets.asyncio.client import connect

from tests.support.processes import Start, wait_until
from tests.support.servers import PATIENT

EPISODES = 150
VIEWERS = 50
REBUILDS = 10


async def watch(address: str, done: threading.Event, viewers: int) -> list[list[tuple[str, int]]]:
    """What each viewer was told until `done`: (type, episode) of every message but ticks."""

    async def view() -> list[tuple[str, int]]:
        told = []
        async with connect(f"ws://{address}/ws", **PATIENT) as viewer:
            while not done.is_set():
                message = json.loads(await asyncio.wait_for(viewer.recv(), 120))
                if message["type"] != "tick":
                    told.append((message["type"], (message.get("state") or {}).get("episode", 0)))
        return told

    return await asyncio.gather(*(view() for _ in range(viewers)))


def counted(run_dir: Path) -> str:
    query = "SELECT count(*), count(DISTINCT episode_id), sum(survival_time) FROM episodes"
    return subprocess.run(
        ["sqlite3", run_dir / "demo_state.db", query], capture_output=True, text=True, check=True, timeout=120
    ).stdout.strip()


def test_ten_rebuilds_lose_no_row_and_show_no_viewer_a_gap(
    tmp_path: Path,
    free_port: int,
    start: Start,
) -> None:
    run_dir = tmp_path / "run"
    projections = start("projections", "run", "--run-dir", run_dir)
    server = start("server", "run", "--run-dir", run_dir, "--port", free_port)
    producer = start(
        "producer",
        "run",
        "--config",
        "configs/townlet/quick.yaml",
        "--run-dir",
        run_dir,
        "--episodes",
        EPISODES,
    )
    wait_until(lambda: (run_dir / "demo_state.db").exists() and counted(run_dir)[0] != "0")
    done = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        watching = thread.submit(lambda: asyncio.run(watch(f"127.0.0.1:{free_port}", done, VIEWERS)))
        try:
            for _ in range(REBUILDS):
                assert start("projections", "rebuild", "--run-dir", run_dir).wait(timeout=120) == 0
            assert producer.wait(timeout=180) == 0
            wait_until(lambda: counted(run_dir).startswith(f"{EPISODES}|{EPISODES}|"))
        finally:
            done.set()
        viewers = watching.result(timeout=120)

    for told in viewers:
        kinds = [kind for kind, _ in told]
        assert "state_update" in kinds
        assert "waiting" not in kinds[kinds.index("state_update") :], "a viewer saw a gap"
        episodes = [episode for kind, episode in told if kind == "state_update"]
        assert episodes == sorted(episodes), "a viewer was taken back in time"
    live = counted(run_dir)
    for process in (projections, server):
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
    assert start("projections", "rebuild", "--run-dir", run_dir).wait(timeout=120) == 0
    assert counted(run_dir) == live
