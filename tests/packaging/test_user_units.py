"""The units of `install-service --user`, run by a real `systemd --user` of the tests' own."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.processes import end, run_successfully, unused_port, wait_until

MANAGER = Path("/lib/systemd/systemd")
BOOTED = Path("/run/systemd/system")
"""systemd runs only where this folder says that it is the system's."""
ROLES = ("producer", "projections", "server", "snapshots")
LIMIT_SECONDS = 300.0

Systemctl = Callable[..., str]

pytestmark = pytest.mark.skipif(not MANAGER.exists(), reason="systemd is not on this machine")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory; its folder `runtime` is for sockets."""
    (tmp_path / "runtime").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def systemctl(home: Path) -> Iterator[Systemctl]:
    """`systemctl --user` of a service manager that knows nothing but what is in `home`."""
    runtime = home / "runtime"
    environment = {"PATH": os.environ["PATH"], "HOME": f"{home}", "XDG_RUNTIME_DIR": f"{runtime}"}
    with contextlib.ExitStack() as undo:
        if not BOOTED.exists():
            if os.geteuid() != 0:
                pytest.skip("systemd is not the first process here, and only root can start another one")
            BOOTED.mkdir(parents=True)
            undo.callback(BOOTED.rmdir)
        manager = subprocess.Popen([MANAGER, "--user"], env=environment, stdin=subprocess.DEVNULL)
        undo.callback(end, manager)
        wait_until(lambda: (runtime / "systemd" / "private").exists() or manager.poll() is not None)
        if manager.poll() is not None:
            pytest.skip(f"a service manager of our own does not start here (exit code {manager.returncode})")

        def call(*arguments: object) -> str:
            command = ["systemctl", "--user", "--no-pager", *map(str, arguments)]
            return subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True, timeout=LIMIT_SECONDS
            ).stdout

        yield call


def test_a_user_runs_all_four_restarts_what_is_killed_and_stops_in_good_order(
    home: Path, systemctl: Systemctl
) -> None:
    run_dir, units = home / "run", home / ".config" / "systemd" / "user"
    run_dir.mkdir()
    run_successfully(
        "producer", "install-service", "--user", "--name", "ours", "--port", unused_port(),
        "--run-dir", run_dir, "--config", "quick", "--to", units,
    )  # fmt: skip
    services = [f"hamlet-{role}@ours.service" for role in ROLES]

    def told(service: str, what: str) -> str:
        return systemctl("show", "--value", "-p", what, service).strip()

    def at_work(restarts: int) -> bool:
        return all(
            told(service, "ActiveState") == "active" and int(told(service, "NRestarts")) >= restarts
            for service in services
        )

    systemctl("daemon-reload")
    systemctl("enable", *services, "hamlet@ours.target")
    # the target's start is complete when all four have said READY
    systemctl("start", "hamlet@ours.target")
    assert at_work(restarts=0)
    wait_until(lambda: "stage 1" in told(services[0], "StatusText"), LIMIT_SECONDS)
    for service in services:
        systemctl("kill", "--signal=KILL", service)
    wait_until(lambda: at_work(restarts=1), LIMIT_SECONDS)
    systemctl("stop", *services)
    for service in services:
        assert (told(service, "Result"), told(service, "ExecMainStatus")) == ("success", "0")
    assert not list(run_dir.glob("*-wal"))
    assert "stopped" in run_successfully("producer", "status", "--run-dir", run_dir)
