"""What endangers a run but keeps nobody from watching it: said everywhere, and nothing stops for it."""

import json
import re
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from projections.readmodels.health import TrainerStatus
from server.alarms import find_alarms
from server.async_read_model import AsyncReadModel
from server.live import read_live_state
from tests.support.servers import Serve, Watch


def test_memory_in_danger_is_said_and_the_server_stays_ready(
    run_dir: Path,
    serve: Serve,
    watch: Watch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HAMLET_MEMORY_LIMIT_MB", "10")
    address = serve(run_dir)
    viewer = watch(address)
    for kind in ("state_update", "tick"):
        message = json.loads(viewer.recv(timeout=120))
        assert message["type"] == kind
        (alarm,) = message["alarms"]
        assert alarm["kind"] == "server_memory"
        assert "of the limit of 10 MiB" in alarm["text"]
    answer = httpx.get(f"http://{address}/healthz", timeout=120)
    health = answer.json()
    assert (answer.status_code, health["ready"]) == (200, True)
    assert [reason.partition(":")[0] for reason in health["reasons"]] == ["server"]
    assert health["alarms"] == ["server_memory"]
    strict = httpx.get(f"http://{address}/healthz?strict", timeout=120)
    assert (strict.status_code, strict.json()["ready"]) == (503, True)
    metrics = httpx.get(f"http://{address}/metrics", timeout=120).text
    assert "\nhamlet_server_memory_alarm 1.0\n" in metrics
    assert re.search(r'^hamlet_alarm\{kind="server_memory",run="\w+"\} 1\.0$', metrics, re.MULTILINE)
    assert "hamlet_server_memory_limit_bytes 1e+07" in metrics
    # after several looks still one line
    assert (tmp_path / "server.log").read_text().count("] warning: ") == 1


def test_a_full_disk_is_said_and_the_server_stays_ready(run_dir: Path, serve: Serve) -> None:
    address = serve(run_dir, "--disk-floor", 1_000_000_000)
    answer = httpx.get(f"http://{address}/healthz", timeout=120)
    assert answer.status_code == 200
    (reason,) = answer.json()["reasons"]
    assert "less than 1,000,000,000 MB; no snapshots are written" in reason


def test_silence_and_stopped_projectors_are_told_apart(synthetic_run: Path) -> None:
    read = AsyncReadModel(synthetic_run / "demo_state.db").query_blocking(read_live_state)
    assert read.live is not None
    ended, projectors = read.live.trainer, read.projectors
    at = ended.last_event_at

    def found(trainer: TrainerStatus, idle: float, now: float) -> list[str]:
        return [alarm.text for alarm in find_alarms(trainer, projectors, idle, None, None, now)]

    assert found(ended, 1.0, at + 1000) == [], "a completed run may be silent"
    running = replace(ended, status="running")
    assert found(running, 1.0, at + 20) == []
    silent = replace(ended, status="silent")
    assert found(silent, 1.0, at + 40) == ["trainer: silent for 40 s; it crashed or hangs"]
    assert found(silent, 45.0, at + 40) == ["projections: nothing committed for 45 s; are they running?"]
    failed = replace(ended, status="failed", detail="NaN in the loss")
    assert found(failed, 1.0, at) == ["trainer: failed (NaN in the loss)"]
    diverged = replace(ended, status="diverged", detail="NaN or Inf in loss")
    assert found(diverged, 1.0, at) == [
        "trainer: training diverged (NaN or Inf in loss); it does not start again by itself"
    ]
    projectors = [replace(projectors[0], poison="ValueError: no", poison_position=7), *projectors[1:]]
    assert found(running, 1.0, at) == [f"projector {projectors[0].name}: stopped by event 7 (ValueError: no)"]
