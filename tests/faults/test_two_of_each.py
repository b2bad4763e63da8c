"""A second process of each kind is refused with a sentence that names the first, and the first goes on."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[..., "subprocess.Popen[bytes]"]
COMMANDS = Path(sys.executable).parent
KINDS = {
    "producer": ("producer", "run", "--config", "configs/townlet/quick.yaml"),
    "projections": ("projections", "run"),
    "snapshots": ("server", "snapshots", "--url", "http://127.0.0.1:9/"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_second_is_refused_and_told_the_pid_of_the_first(
    tmp_path: Path, logged: Path, start: Start, eventually: Callable[..., None], kind: str
) -> None:
    if kind != "producer":
        shutil.copy(logged, tmp_path / "events.db")
    command, *rest = KINDS[kind]
    first = start(command, *rest, "--run-dir", tmp_path)
    eventually(lambda: any(str(first.pid) in lock.read_text() for lock in tmp_path.rglob("*.lock")))
    second = subprocess.run(
        [COMMANDS / command, *rest, "--run-dir", tmp_path],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode == 75
    assert re.fullmatch(rf"error: .* already in use by .*\(pid {first.pid} on .*\); .*\n", second.stderr)
    assert first.poll() is None


def test_the_second_server_finds_the_port_taken(
    tmp_path: Path, page: Path, free_port: int, start: Start, eventually: Callable[..., None]
) -> None:
    arguments = ("server", "run", "--run-dir", tmp_path, "--frontend", page, "--port", free_port)
    first = start(*arguments)
    eventually(lambda: "The dashboard is at" in (tmp_path / "server-0.log").read_text())
    second = start(*arguments)
    assert second.wait(timeout=60) == 75
    said = (tmp_path / "server-1.log").read_text()
    assert said.startswith(f"error: port {free_port} on 127.0.0.1 is taken;")
    assert first.poll() is None
