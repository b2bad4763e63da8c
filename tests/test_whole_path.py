"""Producer → log → projections → server, each the real process, as a user starts them; nothing is killed yet.

What each stage does in detail is tested in its own folder; here, that they fit together.
"""

import json
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.support.processes import Start, wait_until
from tests.support.servers import PATIENT

REPOSITORY = Path(__file__).parents[1]
EPISODES = 60


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=120) as answer:
        return json.loads(answer.read())


def sqlite3(database: Path, statement: str) -> str:
    run = subprocess.run(
        ["sqlite3", database, statement], capture_output=True, text=True, check=True, timeout=120
    )
    return run.stdout.strip()


def test_a_run_reaches_the_viewer(
    tmp_path: Path,
    free_port: int,
    start: Start,
) -> None:
    run_dir = tmp_path / "run"
    # Readers first: they wait patiently for files that are not there yet.
    projections = start("projections", "run", "--run-dir", run_dir)
    server = start("server", "run", "--run-dir", run_dir, "--port", free_port)
    address = f"127.0.0.1:{free_port}"

    def listening() -> bool:
        try:
            with connect(f"ws://{address}/ws", **PATIENT) as viewer:
                return bool(json.loads(viewer.recv(timeout=120))["type"] == "waiting")
        except OSError:
            return False

    wait_until(listening)

    seen: list[dict[str, Any]] = []
    with connect(f"ws://{address}/ws", **PATIENT) as viewer:
        producer = start(
            "producer", "run", "--config", "configs/townlet/quick.yaml", "--run-dir", run_dir,
            "--episodes", EPISODES,
        )  # fmt: skip
        while not seen or seen[-1]["state"]["episode"] < EPISODES:
            message = json.loads(viewer.recv(timeout=90))
            assert projections.poll() is None, "the projections ended by themselves"
            if message["type"] == "state_update":
                seen.append(message)
    assert producer.wait(timeout=120) == 0

    episodes = [message["state"]["episode"] for message in seen]
    assert episodes == sorted(episodes)
    last = seen[-1]["state"]
    assert last["metrics"]["episode_id"] == EPISODES
    assert [len(row) for row in last["heatmap"]["visits"]] == [8] * 8
    assert {edge["source"] for edge in last["affordance_graph"]["edges"]} <= set(
        last["affordance_graph"]["nodes"]
    )

    # The specification's one-line queries, on the file while processes use it.
    database = run_dir / "demo_state.db"
    assert sqlite3(database, "SELECT COUNT(*) FROM episodes") == str(EPISODES)
    assert sqlite3(database, "SELECT value FROM system_state WHERE key = 'current_episode'") == str(EPISODES)
    wait_until(
        lambda: (
            sqlite3(database, "SELECT value FROM system_state WHERE key = 'training_status'") == "completed"
        )
    )
    assert sqlite3(database, "SELECT COUNT(DISTINCT episode_id) FROM position_heatmap") == str(EPISODES)
    steps = sqlite3(database, "SELECT SUM(survival_time) FROM episodes")
    assert sqlite3(database, "SELECT SUM(visit_count) FROM position_heatmap") == steps
    replay = get(f"http://{address}/api/replay/{EPISODES}")
    assert len(replay["path"]) == replay["metrics"]["survival_time"] + 1

    # Rebuilding from the log gives the same tables while everything still runs.
    before = sqlite3(database, "SELECT * FROM episodes; SELECT * FROM affordance_visits")
    rebuild = start("projections", "rebuild", "--run-dir", run_dir)
    assert rebuild.wait(timeout=120) == 0
    assert sqlite3(database, "SELECT * FROM episodes; SELECT * FROM affordance_visits") == before
    assert get(f"http://{address}/api/state")["episode"] == EPISODES

    for process in (projections, server):
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0


def test_the_demo_trains_shows_and_ends(tmp_path: Path, free_port: int) -> None:
    demo = subprocess.run(
        ["make", "demo", f"RUN_DIR={tmp_path}/demo", f"PORT={free_port}", "EPISODES=40",
         "CONFIG=configs/townlet/quick.yaml"],
        capture_output=True, text=True, timeout=600, cwd=REPOSITORY,
    )  # fmt: skip
    assert demo.returncode == 0, demo.stdout[-3000:] + demo.stderr[-3000:]
    assert f"http://127.0.0.1:{free_port}" in demo.stdout
    run = tmp_path / "demo"
    assert sqlite3(run / "demo_state.db", "SELECT COUNT(*) FROM episodes") == "40"
    assert list((run / "snapshots").glob("screenshot_*.png"))
    assert (run / "exports" / "final_metrics.csv").read_text().count("\n") == 41
