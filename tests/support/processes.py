"""Start a command, wait for what it does, and end it; run a command to its end.

Nothing here waits for a fixed time: a test waits until a condition holds, with a limit far beyond what that
should take. A process is ended by its own process id, never by name.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

Process = subprocess.Popen[bytes]
AnyProcess = subprocess.Popen[bytes] | subprocess.Popen[str]
Result = TypeVar("Result")

REPOSITORY = Path(__file__).parents[2]
COMMANDS = Path(sys.executable).parent
"""The folder that holds `producer`, `projections` and `server`."""

LIMIT_SECONDS = 90.0
"""How long a condition may take to hold, on a machine that is busy with other work."""

END_SECONDS = 90.0
"""How long a process may take to end after SIGTERM."""

QUIET_POLL_SECONDS = 0.05


class Start(Protocol):
    """Start `producer`, `projections` or `server` with arguments; see the fixture `start`."""

    def __call__(self, *arguments: object, environment: Mapping[str, str] | None = None) -> Process: ...


def wait_until(condition: Callable[[], object], limit: float = LIMIT_SECONDS) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: the condition does not hold after `limit` seconds.
    """
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"the condition does not hold after {limit:.0f} s"
        time.sleep(QUIET_POLL_SECONDS)


def start_command(
    output: Path,
    *arguments: object,
    environment: Mapping[str, str] | None = None,
    folder: Path = REPOSITORY,
    inherit: bool = True,
) -> Process:
    """Start one of the commands; what the process prints goes to the file `output`.

    The first argument names the command, or is the path of another program. `environment` adds to the
    environment of the tests, or replaces it with `inherit=False`. The caller ends the process: see `running`
    and `end`.
    """
    command, *rest = map(str, arguments)
    program = command if os.sep in command else str(COMMANDS / command)
    with output.open("wb") as file:
        return subprocess.Popen(
            [program, *rest],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment_with(environment, inherit),
        )


def environment_with(environment: Mapping[str, str] | None, inherit: bool = True) -> dict[str, str]:
    """The environment of a started process: lines that come at once, one thread, and additions."""
    own = dict(os.environ) if inherit else {}
    return own | {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"} | dict(environment or {})


def end(process: AnyProcess, limit: float = END_SECONDS) -> int:
    """Send SIGTERM once and wait; kill a process that has not ended after `limit` seconds. The exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    return wait_for_end(process, limit)


def wait_for_end(process: AnyProcess, limit: float = END_SECONDS) -> int:
    """Wait for a process that was asked to end; kill it after `limit` seconds. The exit code.

    Nothing is sent before: a second SIGTERM ends a process at once, without its checkpoint.
    """
    try:
        return process.wait(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


@contextlib.contextmanager
def running(
    output: Path, *arguments: object, environment: Mapping[str, str] | None = None, folder: Path = REPOSITORY
) -> Iterator[Process]:
    """A command that runs for the length of a `with` block; see `start_command`."""
    process = start_command(output, *arguments, environment=environment, folder=folder)
    try:
        yield process
    finally:
        end(process)


@contextlib.contextmanager
def several(folder: Path) -> Iterator[Start]:
    """Start any number of commands, all ended at the end of the block.

    What the n-th process prints goes to `<folder>/<command>-<n>.log`.
    """
    started: list[Process] = []

    def start(*arguments: object, environment: Mapping[str, str] | None = None) -> Process:
        output = folder / f"{Path(str(arguments[0])).name}-{len(started)}.log"
        started.append(start_command(output, *arguments, environment=environment))
        return started[-1]

    try:
        yield start
    finally:
        for process in started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in started:
            wait_for_end(process)


def run_command(
    *arguments: object,
    limit: float = 300.0,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run one of the commands to its end, whatever its exit code; what it prints is kept as text."""
    command, *rest = map(str, arguments)
    program = command if os.sep in command else str(COMMANDS / command)
    return subprocess.run(
        [program, *rest],
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
        cwd=folder,
        env=os.environ | dict(environment or {}),
    )


def run_successfully(*arguments: object, limit: float = 300.0) -> str:
    """As `run_command`, for a command that must succeed; what the command printed on stdout.

    Raises:
        AssertionError: the exit code is not 0; the text is what the command printed on stderr.
    """
    ended = run_command(*arguments, limit=limit)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def unused_port() -> int:
    """A TCP port of 127.0.0.1 that no process listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Whether a process accepts connections on a port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def in_own_thread(work: Callable[[], Result]) -> Result:
    """Call a function in a new thread: an event loop may occupy the thread of the tests (Playwright's)."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()
