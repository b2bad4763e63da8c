"""What endangers a run but keeps nobody from watching it: said everywhere, and nothing stops for it."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import ClientConnection

Serve = Callable[..., str]


def test_memory_in_danger_is_said_and_the_server_stays_ready(
    run_dir: Path,
    serve: Serve,
    watch: Callable[..., ClientConnection],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., None],
) -> None:
    monkeypatch.setenv("HAMLET_MEMORY_LIMIT_MB", "10")
    address = serve(run_dir)
    viewer = watch(address)
    for kind in ("state_update", "tick"):
        message = json.loads(viewer.recv(timeout=20))
        assert message["type"] == kind
        assert "of the limit of 10 MiB" in message["server_memory_alarm"]
    answer = httpx.get(f"http://{address}/healthz", timeout=10)
    health = answer.json()
    assert (answer.status_code, health["ready"]) == (200, True)
    assert [reason.partition(":")[0] for reason in health["reasons"]] == ["server"]
    metrics = httpx.get(f"http://{address}/metrics", timeout=10).text.splitlines()
    assert "hamlet_server_memory_alarm 1.0" in metrics
    assert "hamlet_server_memory_limit_bytes 1e+07" in metrics
    # after several looks still one line
    assert (tmp_path / "server.log").read_text().count("WARNING") == 1


def test_a_full_disk_is_said_and_the_server_stays_ready(run_dir: Path, serve: Serve) -> None:
    address = serve(run_dir, "--disk-floor", 1_000_000_000)
    answer = httpx.get(f"http://{address}/healthz", timeout=10)
    assert answer.status_code == 200
    (reason,) = answer.json()["reasons"]
    assert "less than 1,000,000,000 MB; no snapshots are written" in reason
