"""systemd's notification protocol over a real socket."""

import socket
from pathlib import Path

import pytest

from core.process.notify import notify


@pytest.mark.parametrize("abstract", [False, True])
def test_fields_arrive_in_one_datagram(tmp_path: Path, abstract: bool) -> None:
    name = f"@hamlet-{tmp_path.name}-{id(tmp_path)}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind("\0" + name[1:] if abstract else name)
        supervisor.settimeout(5)
        assert notify({"NOTIFY_SOCKET": name}, READY="1", STATUS="episode 120, stage 3")
        assert supervisor.recv(1024) == b"READY=1\nSTATUS=episode 120, stage 3"


def test_without_a_supervisor_nothing_is_sent(tmp_path: Path) -> None:
    assert not notify({}, READY="1")
    assert not notify({"NOTIFY_SOCKET": str(tmp_path / "gone")}, WATCHDOG="1")


def test_a_supervisor_that_reads_nothing_delays_no_process(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        # the kernel keeps 10 to 512 datagrams for it, as the system is set
        while notify(environment, WATCHDOG="1"):
            pass
        assert supervisor.recv(1024) == b"WATCHDOG=1"
        assert notify(environment, STOPPING="1")
