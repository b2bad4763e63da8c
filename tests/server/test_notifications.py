"""A command and an address are told of what happens to a run, by a real server, and never hold it up."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from core.events import Heartbeat, RunResumed, RunStopped
from core.log import EventLog
from tests.support.logs import read_log
from tests.support.processes import run_command, wait_until
from tests.support.read_models import catch_up
from tests.support.servers import Serve

SECRET = "t0ps3cr3t"


class Address:
    """An HTTP server on 127.0.0.1 that keeps the bodies it got; it answers `status`, or never."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.requests = 0
        self.status = 204
        self.answering = threading.Event()
        self.answering.set()
        address = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                address.requests += 1
                body = self.rfile.read(int(self.headers["content-length"]))
                address.answering.wait()
                address.bodies.append(json.loads(body))
                self.send_response(address.status)
                self.send_header("location", "/elsewhere")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/{SECRET}?token={SECRET}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def address() -> Iterator[Address]:
    address = Address()
    yield address
    address.answering.set()
    address.server.shutdown()
    address.server.server_close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


def poison(run_dir: Path, reason: str | None) -> None:
    """Stop a projector as an event would, or let it go on."""
    connection = apsw.Connection(str(run_dir / "demo_state.db"))
    connection.set_busy_timeout(60_000)
    connection.execute(
        "UPDATE projector_positions SET poison = ?, poison_position = 7 WHERE name = 'episodes'", (reason,)
    )
    connection.close()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_command_and_an_address_are_notified_at_the_beginning_and_at_the_end(
    run_dir: Path, serve: Serve, address: Address, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAMLET_ALARM_URL", address.url)
    told = tmp_path / "told.jsonl"
    command = f'cat >> {told}; echo >> {told}; echo "$HAMLET_ALARM_KIND {SECRET}" >> {told}.kinds; : {SECRET}'
    serve(run_dir, "--on-alarm", command)
    poison(run_dir, "ValueError: no")
    wait_until(lambda: len(address.bodies) == 1 and len(lines(told)) == 1)
    poison(run_dir, None)
    wait_until(lambda: len(address.bodies) == 2 and len(lines(told)) == 2)
    begins, over = address.bodies
    assert lines(told) == [begins, over]
    assert (begins["state"], over["state"]) == ("begins", "over")
    for body in (begins, over):
        assert (body["kind"], body["subject"]) == ("projector_stopped", "episodes")
        assert body["text"] == "projector episodes: stopped by event 7 (ValueError: no)"
        assert len(body["run_id"]) == 26
        assert body["episode"] == 260
    assert over["began_at"] == begins["began_at"] == begins["at"] < over["at"]
    assert (tmp_path / "told.jsonl.kinds").read_text() == f"projector_stopped {SECRET}\n" * 2
    said = log.read_text()
    assert said.count("begins: projector episodes") == said.count("over: projector episodes") == 1
    assert SECRET not in said
    assert "127.0.0.1:" + str(address.server.server_port) not in said


def test_a_silent_a_diverged_and_a_finished_trainer_are_reported(
    run_dir: Path, serve: Serve, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAMLET_ALARM_URL", address.url)
    serve(run_dir)

    def append(*events: Any, at: float) -> None:
        writer = EventLog(run_dir / "events.db", clock=lambda: at)
        writer.append(events)
        writer.close()
        catch_up(run_dir)

    position = len(read_log(run_dir))
    resumed = RunResumed(
        attempt=3, checkpoint=None, after_episode=260, after_position=position, reason="restart",
        num_episodes=260, config_hash="", config_changes={}, packages={}, device="cpu", exact=None,
        inexact_because="",
    )  # fmt: skip
    beat = Heartbeat(
        episode=260, vector_step=1, updates=1, agent_steps_per_second=1.0, loss=0.1, mean_q=0.1,
        gradient_norm=0.1, rss_bytes=1, device_memory_bytes=0, replay_fill=0.5,
    )  # fmt: skip
    # caught up now, the newest event an hour ago: silent
    append(resumed, beat, at=time.time() - 3600)
    wait_until(lambda: len(address.bodies) == 1)
    append(RunStopped(episode=260, reason="diverged", detail="NaN or Inf in loss"), at=time.time())
    wait_until(lambda: len(address.bodies) == 3)
    append(RunStopped(episode=260, reason="completed", detail="260 episodes"), at=time.time())
    wait_until(lambda: len(address.bodies) == 5)
    told = [(body["state"], body["kind"]) for body in address.bodies]
    assert told[0] == ("begins", "trainer_silent")
    assert sorted(told[1:3]) == [("begins", "trainer_diverged"), ("over", "trainer_silent")]
    assert sorted(told[3:]) == [("begins", "run_finished"), ("over", "trainer_diverged")]


def test_what_hangs_is_ended_and_logged_once(
    run_dir: Path, serve: Serve, address: Address, tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three incidents of one second; the command never ends, the address never answers."""
    monkeypatch.setenv("HAMLET_ALARM_URL", address.url)
    monkeypatch.setenv("HAMLET_MEMORY_LIMIT_MB", "10")
    address.answering.clear()
    pids = tmp_path / "pids"
    hanging = f"echo $$ >> {pids}; sleep 10000 & wait; : {SECRET}"
    server = serve(run_dir, "--on-alarm", hanging, "--disk-floor", 1_000_000_000)
    wait_until(lambda: address.requests >= 1 and pids.exists())
    assert httpx.get(f"http://{server}/healthz", timeout=120).status_code == 200
    wait_until(lambda: address.requests >= 2 and len(pids.read_text().split()) >= 2)
    wait_until(lambda: log.read_text().count("was ended") == 2)
    for pid in pids.read_text().split()[:1]:
        assert not Path(f"/proc/{pid}").exists(), "the command that was ended lives on"
    said = log.read_text()
    assert said.count("--on-alarm: did not end within 10 s and was ended; not logged again") == 1
    assert said.count("HAMLET_ALARM_URL: did not end within 10 s and was ended; not logged again") == 1
    assert SECRET not in said


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_address_that_refuses_is_said_without_its_secret(
    run_dir: Path, serve: Serve, address: Address, log: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("HAMLET_ALARM_URL", address.url)
    monkeypatch.setenv("HAMLET_MEMORY_LIMIT_MB", "10")
    address.status = status
    serve(run_dir)
    wait_until(lambda: "HAMLET_ALARM_URL: failed with exit code 1" in log.read_text())
    assert SECRET not in log.read_text()


def test_what_is_no_address_is_refused_without_being_repeated(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (f"ftp://{SECRET}", SECRET, f"http://[{SECRET}"):
        monkeypatch.setenv("HAMLET_ALARM_URL", url)
        ended = run_command("server", "run", "--run-dir", run_dir, "--port", 0)
        assert ended.returncode == 78
        assert "HAMLET_ALARM_URL: not an address; it must begin with http:// or https://" in ended.stderr
        assert SECRET not in ended.stderr
