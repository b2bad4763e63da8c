"""What endangers a run but keeps nobody from watching it: said everywhere, and nothing stops for it."""

import json
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from projections.engine.status import read_projectors
from server.alarms import alarms
from server.async_read_model import AsyncReadModel
from server.live import Moment, Present, observe
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
        assert "of the limit of 10 MiB" in message["server_memory_alarm"]
    answer = httpx.get(f"http://{address}/healthz", timeout=120)
    health = answer.json()
    assert (answer.status_code, health["ready"]) == (200, True)
    assert [reason.partition(":")[0] for reason in health["reasons"]] == ["server"]
    metrics = httpx.get(f"http://{address}/metrics", timeout=120).text.splitlines()
    assert "hamlet_server_memory_alarm 1.0" in metrics
    assert "hamlet_server_memory_limit_bytes 1e+07" in metrics
    # after several looks still one line
    assert (tmp_path / "server.log").read_text().count("WARNING") == 1


def test_a_full_disk_is_said_and_the_server_stays_ready(run_dir: Path, serve: Serve) -> None:
    address = serve(run_dir, "--disk-floor", 1_000_000_000)
    answer = httpx.get(f"http://{address}/healthz", timeout=120)
    assert answer.status_code == 200
    (reason,) = answer.json()["reasons"]
    assert "less than 1,000,000,000 MB; no snapshots are written" in reason


def test_silence_and_stopped_projectors_are_told_apart(synthetic_run: Path) -> None:
    read_model = AsyncReadModel(synthetic_run / "demo_state.db")
    moment = read_model.query_blocking(observe)
    assert isinstance(moment, Moment)
    at = moment.pulse.last_event_at
    projectors = [replace(projector, age=1.0) for projector in read_model.query_blocking(read_projectors)]
    assert alarms(Present(moment=moment), projectors, at + 1000) == [], "a completed run may be silent"

    training = Present(moment=replace(moment, pulse=replace(moment.pulse, status="running")))
    assert alarms(training, projectors, at + 20) == []
    assert alarms(training, projectors, at + 40) == ["trainer: silent for 40 s; it crashed or hangs"]
    idle = [replace(projector, age=45.0) for projector in projectors]
    assert alarms(training, idle, at + 40) == ["projections: nothing committed for 45 s; are they running?"]
    poisoned = [replace(projectors[0], poison="ValueError: no", poison_position=7), *projectors[1:]]
    assert alarms(training, poisoned, at) == [
        f"projector {projectors[0].name}: stopped by event 7 (ValueError: no)"
    ]
