"""The four processes of a soak, started through their real commands in a directory of their own."""

import contextlib
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.support.processes import (
    Process,
    is_listening,
    start_command,
    unused_port,
    wait_for_end,
    wait_until,
)

TROUBLE = re.compile(r"Traceback|\bERROR\b|^error:|^<[0-3]>", re.MULTILINE)


class System:
    """What runs: role → process; `port` is the server's, `folder` the run directory."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.processes: dict[str, Process] = {}

    def start(self, role: str, *arguments: object) -> None:
        """Start a command; what it says goes to `<role>.log` beside the run's files."""
        self.processes[role] = start_command(self._said(role), *arguments)

    def _said(self, role: str) -> Path:
        return self.folder / f"{role}.log"

    def process(self, role: str) -> psutil.Process:
        """A process as psutil sees it."""
        return psutil.Process(self.processes[role].pid)

    def troubles(self) -> list[str]:
        """Processes that ended by themselves, and errors in what they said."""
        found = [
            f"{role} ended by itself with {process.returncode}"
            for role, process in self.processes.items()
            if process.poll() is not None
        ]
        for role in self.processes:
            found += [f"{role} said: {trouble}" for trouble in errors_in(self._said(role))]
        return found

    def stop(self) -> list[str]:
        """End all as a supervisor would; who did not end in good order."""
        found = []
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for role, process in self.processes.items():
            if (code := wait_for_end(process)) != 0:
                found.append(f"{role} ended with {code} on SIGTERM")
        return found


def errors_in(said: Path) -> list[str]:
    """The first error in what a process said, with what follows it."""
    text = said.read_text(errors="replace")
    match = TROUBLE.search(text)
    return [text[match.start() : match.start() + 400].strip()] if match else []


@contextlib.contextmanager
def running(folder: Path, config: Path) -> Iterator[System]:
    """All four processes, in a run directory at `folder`, from when the server answers until the end."""
    folder.mkdir(parents=True, exist_ok=True)
    port = unused_port()
    system = System(folder, port)
    try:
        system.start("projections", "projections", "run", "--run-dir", folder)
        system.start("server", "server", "run", "--run-dir", folder, "--port", port)
        system.start("producer", "producer", "run", "--run-dir", folder, "--config", config)
        # sooner than by default, so that an hour holds many of each
        system.start(
            "snapshots", "server", "snapshots", "--run-dir", folder, "--url", f"http://127.0.0.1:{port}/",
            "--screenshot-every", 0.2, "--export-every", 0.1, "--poll", 2,
        )  # fmt: skip
        _await_port(system)
        yield system
    finally:
        system.stop()


def _await_port(system: System) -> None:
    wait_until(lambda: is_listening(system.port) or system.troubles())
    if found := system.troubles():
        raise SystemExit("the server did not start: " + "; ".join(found))
