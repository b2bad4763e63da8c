"""The server as a process: what it says, what it refuses, how it ends, and a viewer that never reads."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from core.process.memory import MemorySettings
from core.run_directory import in_folder
from core.version import VERSION
from server.app import create_app
from server.process import configure, listen
from server.settings import ServerSettings
from tests.support.processes import Start, wait_until
from tests.support.servers import PATIENT, Serve, Watch

COMMANDS = Path(sys.executable).parent


def server(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMANDS / "server", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, env={"PATH": "/usr/bin:/bin"} | environment,
    )  # fmt: skip


def test_a_taken_port_is_said_in_one_sentence(synthetic_run: Path, dist: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        ended = server("run", "--run-dir", synthetic_run, "--frontend", dist, "--port", port)
    assert ended.returncode == 75
    assert ended.stderr == (
        f"error: port {port} on 127.0.0.1 is taken; "
        "stop the process that has it, or choose another with --port\n"
    )


def test_a_missing_front_end_is_said_in_one_sentence(synthetic_run: Path, tmp_path: Path) -> None:
    ended = server("run", "--run-dir", synthetic_run, "--port", 0, HAMLET_FRONTEND_DIR=str(tmp_path))
    assert ended.returncode == 78
    assert ended.stderr.startswith(f"error: {tmp_path}: no built front end (index.html) here; build it with")
    assert ended.stderr.count("\n") == 1


def test_an_unreadable_database_is_said_in_one_sentence(tmp_path: Path, dist: Path) -> None:
    (tmp_path / "demo_state.db").write_bytes(b"this is no database" * 100)
    ended = server("run", "--frontend", dist, "--port", 0, HAMLET_DB_PATH=str(tmp_path))
    assert ended.returncode == 74
    assert ended.stderr.startswith(f"error: {tmp_path / 'demo_state.db'}: ")
    assert ended.stderr.count("\n") == 1


def test_a_host_that_is_not_ours_is_said_in_one_sentence(synthetic_run: Path, dist: Path) -> None:
    ended = server("run", "--run-dir", synthetic_run, "--frontend", dist, "--port", 0, "--host", "192.0.2.1")
    assert ended.returncode == 78
    assert ended.stderr.startswith("error: cannot listen on 192.0.2.1")


def test_it_says_where_it_is_and_ends_on_sigterm_with_viewers_connected(
    synthetic_run: Path, tmp_path: Path, dist: Path, free_port: int,
    start: Start,
    watch: Watch,
) -> None:  # fmt: skip
    process = start("server", "run", environment={
        "HAMLET_DB_PATH": str(synthetic_run),
        "HAMLET_FRONTEND_DIR": str(dist),
        "HAMLET_VIZ_PORT": str(free_port),
    })  # fmt: skip
    log = tmp_path / "server-0.log"
    wait_until(lambda: f"The dashboard is at http://127.0.0.1:{free_port}\n" in log.read_text())
    viewer = watch(f"127.0.0.1:{free_port}")
    viewer.recv(timeout=120)
    process.send_signal(signal.SIGTERM)
    with pytest.raises(ConnectionClosed) as closed:
        drain(viewer)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert process.wait(timeout=120) == 0
    assert "Traceback" not in log.read_text()


def test_a_supervisor_hears_when_it_is_ready_how_it_is_and_when_it_stops(
    synthetic_run: Path, tmp_path: Path, dist: Path, episodes: int,
    start: Start,
) -> None:  # fmt: skip
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(120)
        process = start(
            "server", "run", "--run-dir", synthetic_run, "--frontend", dist, "--port", 0,
            environment={"NOTIFY_SOCKET": str(tmp_path / "notify")},
        )  # fmt: skip
        said = [supervisor.recv(1024).decode() for _ in range(3)]
        assert any(message.startswith("READY=1\nSTATUS=listening at http://127.0.0.1:") for message in said)
        assert f"WATCHDOG=1\nSTATUS=episode {episodes}, 0 viewers" in said
        process.send_signal(signal.SIGTERM)
        while said[-1] != "STOPPING=1":
            said.append(supervisor.recv(1024).decode())


def drain(viewer: ClientConnection) -> None:
    for _ in range(100):
        viewer.recv(timeout=120)


def test_health_and_metrics_say_how_it_is(
    synthetic_run: Path, tmp_path: Path, episodes: int,
    serve: Serve, watch: Watch
) -> None:  # fmt: skip
    address = serve(synthetic_run)
    watch(address).recv(timeout=120)
    run_id = httpx.get(f"http://{address}/api/run", timeout=120).json()["run_id"]
    healthy = httpx.get(f"http://{address}/healthz", timeout=120)
    assert healthy.status_code == 200
    assert healthy.json() == {
        "run_id": run_id, "live": True, "ready": True, "reasons": [], "alarms": [], "version": VERSION,
        "stream": None,
    }  # fmt: skip
    metrics = dict(
        line.rsplit(" ", 1)
        for line in httpx.get(f"http://{address}/metrics", timeout=120).text.splitlines()
        if not line.startswith("#")
    )
    assert float(metrics[f'hamlet_build_info{{version="{VERSION}"}}']) == 1
    label = f'run="{run_id}"'
    assert float(metrics[f"hamlet_episodes_finished{{{label}}}"]) == episodes
    states = {name: float(value) for name, value in metrics.items() if name.startswith("hamlet_run_state{")}
    assert [name for name, value in states.items() if value] == [
        f'hamlet_run_state{{{label},state="completed"}}'
    ]
    state = httpx.get(f"http://{address}/api/state", timeout=120).json()["metrics"]
    for figure in ("curriculum_stage", "epsilon", "intrinsic_weight"):
        assert float(metrics[f"hamlet_{figure}{{{label}}}"]) == state[figure]
    assert float(metrics[f"hamlet_attempts{{{label}}}"]) == 2
    assert f"hamlet_loss{{{label}}}" in metrics
    assert float(metrics[f"hamlet_checkpoint_age_seconds{{{label}}}"]) >= 0
    assert float(metrics["hamlet_server_viewers"]) == 1
    assert float(metrics["hamlet_server_rss_bytes"]) > 1e6
    assert float(metrics["hamlet_disk_free_bytes"]) > 0
    assert float(metrics[f'hamlet_projector_lag_events{{projector="episodes",{label}}}']) == 0
    assert float(metrics["hamlet_server_dropped_total"]) == 0


def test_without_a_run_it_is_live_but_not_ready_and_says_why(tmp_path: Path, serve: Serve) -> None:
    address = serve(tmp_path / "nothing")
    answer = httpx.get(f"http://{address}/healthz", timeout=120)
    assert answer.status_code == 503
    assert answer.json()["live"]
    assert not answer.json()["ready"]
    assert "demo_state.db" in answer.json()["reasons"][0]
    assert "hamlet_server_ready 0.0" in httpx.get(f"http://{address}/metrics", timeout=120).text


@contextmanager
def small_pipes(run_dir: Path, dist: Path) -> Iterator[tuple[str, int]]:
    """A server in this process whose connections hold little in the kernel, so that a stall shows soon."""
    listener = listen("127.0.0.1", 0, unread_ms=4000)
    address = listener.getsockname()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
    settings = ServerSettings(
        run=in_folder(run_dir),
        frontend=dist,
        allowed_origins=(),
        max_viewers=10,
        disk_floor_bytes=0,
        memory=MemorySettings(2**40),
    )
    served = uvicorn.Server(configure(create_app(settings), settings))
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield address
    finally:
        served.should_exit = True
        thread.join(timeout=120)
        assert not thread.is_alive()


def receive_update(viewer: ClientConnection) -> None:
    """Receive messages up to the next `state_update`; the ticks before it are as many as seconds passed."""
    while json.loads(viewer.recv(timeout=120))["type"] != "state_update":
        pass


def test_a_viewer_that_never_reads_delays_no_other_and_is_disconnected(
    synthetic_run: Path, dist: Path, watch: Watch
) -> None:
    with small_pipes(synthetic_run, dist) as (host, port), socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.settimeout(120)
        stuck.connect((host, port))
        stuck.sendall(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        accepted = b"HTTP/1.1 101"
        assert stuck.recv(len(accepted), socket.MSG_WAITALL) == accepted
        viewer = watch(f"{host}:{port}")
        assert json.loads(viewer.recv(timeout=120))["type"] == "state_update"

        # The stuck viewer asks for far more than the pipes hold and reads none of it. The other viewer asks
        # after it and gets its answer each time, so the server has had every request of both.
        live = b'{"type":"live"}'
        dropped = False
        for _ in range(150):
            if not dropped:
                try:
                    stuck.sendall(bytes((0x81, 0x80 | len(live))) + bytes(4) + live)
                except ConnectionError:
                    dropped = True
            viewer.send('{"type": "live"}')
            receive_update(viewer)

        def viewers_left() -> int:
            metrics = httpx.get(f"http://{host}:{port}/metrics", timeout=120).text
            line = next(line for line in metrics.splitlines() if line.startswith("hamlet_server_viewers "))
            return int(float(line.split()[1]))

        wait_until(lambda: viewers_left() == 1)
        viewer.send('{"type": "live"}')
        receive_update(viewer)


def test_the_snapshot_of_the_schema_is_json(tmp_path: Path) -> None:
    printed = server("schema")
    assert printed.returncode == 0
    assert json.loads(printed.stdout)["title"] == "Wire"


def test_viewers_are_not_told_where_the_files_lie(tmp_path: Path, serve: Serve) -> None:
    (tmp_path / "empty").mkdir()
    address = serve(tmp_path / "empty")
    told = httpx.get(f"http://{address}/api/state", timeout=120)
    assert told.status_code == 503
    assert "demo_state.db: no read model here yet" in told.json()["error"]
    with connect(f"ws://{address}/ws", **PATIENT) as viewer:
        waiting = viewer.recv(timeout=120)
    assert str(tmp_path) not in told.text + str(waiting)


def limited(files: int, *arguments: object) -> list[str]:
    """A command line of the server that may open so many files."""
    command = [str(COMMANDS / "server"), "run", *map(str, arguments)]
    prlimit = shutil.which("prlimit")
    assert prlimit is not None
    return [prlimit, f"--nofile={files}:{files}", *command]


@pytest.mark.parametrize("files", [1024, 100])
def test_a_low_limit_of_open_files_means_fewer_viewers_and_a_warning(
    synthetic_run: Path, tmp_path: Path, dist: Path, start: Start, watch: Watch, free_port: int, files: int
) -> None:
    start(*limited(files, "--run-dir", synthetic_run, "--frontend", dist, "--port", free_port))
    log = tmp_path / "prlimit-0.log"
    wait_until(lambda: "The dashboard is at" in log.read_text())
    assert f"the system allows {files} open files, so there are at most" in log.read_text()
    assert json.loads(watch(f"127.0.0.1:{free_port}").recv(timeout=120))["type"] == "state_update"


def test_more_viewers_than_files_are_refused_where_they_were_asked_for(
    synthetic_run: Path, dist: Path
) -> None:
    ended = subprocess.run(
        limited(1024, "--run-dir", synthetic_run, "--frontend", dist, "--port", 0, "--max-viewers", 2000),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 78
    assert "give at most --max-viewers 768, or raise the limit (ulimit -n)" in ended.stderr
