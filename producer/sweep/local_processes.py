"""Attempts as processes of this machine, at most so many at a time."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from core.run_directory import in_folder
from producer.sweep.executor import Outcome, last_line
from producer.sweep.leases import attempt_log

__all__ = ["LocalProcesses", "attempt_environment", "start_attempt"]

END_SECONDS = 120.0
"""How long an attempt may take to save its checkpoint and end."""


class LocalProcesses:
    """An executor (`producer.sweep.executor`): one process for each attempt, its log in the run directory.

    `where` is the directory of the sweep, or the URL of its store; `folder` is the directory.
    """

    def __init__(self, where: str, folder: Path, jobs: int) -> None:
        self._where = where
        self._folder = folder
        self._jobs = jobs
        self._running: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}

    def free(self) -> bool:
        """Whether fewer attempts run than may run."""
        return len(self._running) < self._jobs

    def start(self, name: str, epoch: int) -> None:
        """Start the process of an attempt."""
        log = attempt_log(in_folder(self._folder / name), epoch)
        log.parent.mkdir(parents=True, exist_ok=True)
        self._running[name] = start_attempt(self._where, name, epoch, log), log

    def ended(self) -> dict[str, Outcome]:
        """The attempts whose process has ended."""
        found = {}
        for name, (process, log) in list(self._running.items()):
            if (exit_code := process.poll()) is not None:
                del self._running[name]
                found[name] = Outcome(exit_code, last_line(log))
        return found

    def ask_to_end(self) -> None:
        """Send SIGTERM to every process."""
        for process, _ in self._running.values():
            process.terminate()

    def kill(self, name: str) -> None:
        """Send SIGKILL, which ends a stopped process too, and wait."""
        process, _ = self._running.pop(name)
        process.kill()
        process.wait()

    def notice(self) -> str:
        """Nothing waits for anything but a free place."""
        return ""

    def close(self) -> None:
        """Ask every process to end, wait, and kill what does not end."""
        self.ask_to_end()
        for name, (process, _) in list(self._running.items()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)
            self.kill(name)


def start_attempt(
    where: str, name: str, epoch: int, log: Path, environment: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start `producer.sweep.attempt`, with additions to the environment; what it prints goes to `log`."""
    command = [sys.executable, "-m", "producer.sweep.attempt", where, name, str(epoch)]
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=attempt_environment() | dict(environment or {}),
        )


def attempt_environment() -> dict[str, str]:
    """The environment of an attempt: without the notification socket, which is the sweep's own, and without
    the number of threads, which is the configuration's (`training.num_threads`)."""
    left_out = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "OMP_NUM_THREADS")
    kept = {key: value for key, value in os.environ.items() if key not in left_out}
    return kept | {"PYTHONUNBUFFERED": "1"}
