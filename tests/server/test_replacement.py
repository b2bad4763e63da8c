"""The read model comes late, is replaced, goes away and comes back, and the viewers stay connected."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection

from tests.support.processes import run_successfully
from tests.support.read_models import catch_up
from tests.support.servers import Serve, Watch
from tests.support.synthetic import Scenario, write_synthetic_log


def messages_until(viewer: ClientConnection, kind: str, **wanted: Any) -> list[dict[str, Any]]:
    """All messages up to the first of a kind with the wanted fields."""
    seen = []
    while True:  # a tick comes every second, however long the step before took
        seen.append(json.loads(viewer.recv(timeout=120)))
        if seen[-1]["type"] == kind and wanted.items() <= (seen[-1].get("state") or seen[-1]).items():
            return seen


def longer_run(folder: Path) -> Path:
    """Another, longer run's read model."""
    folder.mkdir()
    write_synthetic_log(folder / "events.db", Scenario(episodes=320))
    catch_up(folder)
    return folder / "demo_state.db"


def settle(database: Path) -> None:
    """Leave nothing in the write-ahead log, as a rebuild does before it swaps files."""
    subprocess.run(
        ["sqlite3", database, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip


def remove(database: Path) -> None:
    for name in (database, Path(f"{database}-wal"), Path(f"{database}-shm")):
        name.unlink(missing_ok=True)


def test_a_read_model_that_comes_late_is_shown_when_it_is_there(
    synthetic_run: Path, tmp_path: Path, episodes: int,
    serve: Serve, watch: Watch,
) -> None:  # fmt: skip
    run_dir = tmp_path / "late"
    viewer = watch(serve(run_dir))
    messages_until(viewer, "waiting")
    shutil.copytree(synthetic_run, tmp_path / "ready")
    (tmp_path / "ready").rename(run_dir)
    messages_until(viewer, "state_update", episode=episodes)


def test_a_replaced_read_model_reaches_connected_viewers_without_a_gap(
    run_dir: Path, tmp_path: Path, episodes: int,
    serve: Serve, watch: Watch,
) -> None:  # fmt: skip
    address = serve(run_dir)
    viewer = watch(address)
    messages_until(viewer, "state_update", episode=episodes)
    replacement = longer_run(tmp_path / "longer")
    settle(replacement)
    remove(Path(f"{run_dir / 'demo_state.db'}-wal"))
    remove(Path(f"{run_dir / 'demo_state.db'}-shm"))
    replacement.replace(run_dir / "demo_state.db")
    seen = messages_until(viewer, "state_update", episode=320)
    assert {message["type"] for message in seen} <= {"tick", "state_update"}
    assert httpx.get(f"http://{address}/api/state", timeout=120).json()["episode"] == 320


def test_a_deleted_read_model_is_missed_only_for_a_while(
    run_dir: Path, tmp_path: Path, episodes: int,
    serve: Serve, watch: Watch,
) -> None:  # fmt: skip
    address = serve(run_dir)
    viewer = watch(address)
    messages_until(viewer, "state_update", episode=episodes)
    copy = shutil.copytree(run_dir, tmp_path / "copy")
    remove(run_dir / "demo_state.db")
    # the last state stays on the screens for a while; then they are told
    seen = messages_until(viewer, "waiting")
    assert {message["type"] for message in seen[:-1]} <= {"tick"}
    assert httpx.get(f"http://{address}/api/state", timeout=120).status_code == 503
    assert httpx.get(f"http://{address}/healthz", timeout=120).status_code == 503
    settle(copy / "demo_state.db")
    (copy / "demo_state.db").replace(run_dir / "demo_state.db")
    messages_until(viewer, "state_update", episode=episodes)


def test_a_read_model_that_turns_to_garbage_is_named_and_the_viewers_stay(
    run_dir: Path, tmp_path: Path, episodes: int,
    serve: Serve, watch: Watch,
) -> None:  # fmt: skip
    address = serve(run_dir)
    viewer = watch(address)
    messages_until(viewer, "state_update", episode=episodes)
    copy = shutil.copytree(run_dir, tmp_path / "copy")
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"no database at all " * 1000)
    remove(run_dir / "demo_state.db")
    garbage.replace(run_dir / "demo_state.db")
    told = messages_until(viewer, "waiting")[-1]["reason"]
    assert told.startswith("demo_state.db: ")
    assert "file is not a database" in told
    assert httpx.get(f"http://{address}/api/run", timeout=120).status_code == 503
    settle(copy / "demo_state.db")
    (copy / "demo_state.db").replace(run_dir / "demo_state.db")
    messages_until(viewer, "state_update", episode=episodes)


def test_a_run_begun_anew_in_the_same_place_is_waited_for(
    run_dir: Path, tmp_path: Path, episodes: int,
    serve: Serve, watch: Watch,
) -> None:  # fmt: skip
    viewer = watch(serve(run_dir))
    messages_until(viewer, "state_update", episode=episodes)
    begun = tmp_path / "begun"
    begun.mkdir()
    write_synthetic_log(begun / "events.db", Scenario(episodes=10))
    run_successfully(
        "projections", "rebuild", "--run-dir", begun, "--until", 1, "--out", begun / "demo_state.db"
    )
    settle(begun / "demo_state.db")
    remove(run_dir / "demo_state.db")
    (begun / "demo_state.db").replace(run_dir / "demo_state.db")
    messages_until(viewer, "waiting", reason="no episode has finished yet")
