"""A supervisor as systemd is told to be one: whoever ends by itself is started again."""

import re
import signal
import subprocess
from collections.abc import Iterable, Mapping
from os import EX_IOERR
from pathlib import Path

from tests.support.processes import COMMANDS, Process, environment_with, wait_for_end

TROUBLE = re.compile(r"Traceback.*", re.DOTALL)
FOR_GOOD = {"producer": {0, 70, 78}}
"""Exit codes after which a role is not started again, as in its unit; 78 for all."""


class Supervisor:
    """Role → process of `commands`; what a role says is appended to `<out>/<role>.log`."""

    def __init__(
        self, commands: Mapping[str, list[object]], out: Path, environment: Mapping[str, str]
    ) -> None:
        self.commands = dict(commands)
        self.kills = 0
        self.restarts = dict.fromkeys(commands, 0)
        self.troubles: list[str] = []
        self._out = out
        self._environment = environment
        self._processes: dict[str, Process] = {}
        self._full = False

    def tolerate_full_disk(self, full: bool) -> None:
        """Whether the disk is full, so that a process may find no room to start and end with that."""
        self._full = full

    def start(self) -> None:
        """Start all, with empty files for what they say."""
        for role in self.commands:
            self._said(role).write_bytes(b"")
            self._start(role)

    def outputs(self) -> Iterable[Path]:
        """The files with what each role said."""
        return [self._said(role) for role in self.commands]

    def kill(self, role: str) -> None:
        """SIGKILL; `check` starts it again."""
        self._processes[role].kill()
        self._processes[role].wait()
        self.kills += 1

    def check(self) -> None:
        """Start again what has ended; an end that was not asked for is a trouble."""
        for role, process in self._processes.items():
            code = process.poll()
            if code is None or code in FOR_GOOD.get(role, {78}):
                continue
            if code != -signal.SIGKILL and not (self._full and code == EX_IOERR):
                self.troubles.append(f"{role} ended by itself with {code}")
            self.restarts[role] += 1
            self._start(role)

    def stop(self) -> list[str]:
        """End all by SIGTERM; everything that was wrong from the start to the end."""
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for role, process in self._processes.items():
            if (code := wait_for_end(process)) != 0:
                self.troubles.append(f"{role} ended with {code} on SIGTERM")
        for said in self._out.glob("*.log*"):
            if match := TROUBLE.search(said.read_text(errors="replace")):
                self.troubles.append(f"{said.name}: {match[0][:400]}")
        return self.troubles

    def _said(self, role: str) -> Path:
        return self._out / f"{role}.log"

    def _start(self, role: str) -> None:
        command, *rest = map(str, self.commands[role])
        with self._said(role).open("ab") as file:
            self._processes[role] = subprocess.Popen(
                [COMMANDS / command, *rest],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment_with(self._environment),
            )
