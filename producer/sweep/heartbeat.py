"""The heartbeat of an attempt: a small file, written every few seconds, with the process and its progress.

The sweep takes an attempt whose heartbeat stands still for stopped. The next attempt finds the process of the
one before it here, and ends that process where both are on one machine.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil

from core.errors import StoreError
from core.process.files import atomic_write
from core.run_directory import RunDirectory
from producer.sweep.leases import beat_file
from producer.sweep.progress import RunProgress, progress_or_nothing

__all__ = [
    "BEAT_SECONDS",
    "STORE_BEAT_SECONDS",
    "Beat",
    "beating",
    "end_earlier_attempts",
    "read_beat",
    "write_beat",
]

BEAT_SECONDS = 1.0
STORE_BEAT_SECONDS = 5.0
"""The same in a store, where each heartbeat is a request, and each look at it another one."""
END_SECONDS = 10.0
"""How long a killed process may take to be gone."""


class Beat(msgspec.Struct, frozen=True):
    """One heartbeat: its number, the process that wrote it, and the progress of the run.

    `started_at` is when the process began, in Unix seconds: a process id alone may be given to another
    process. `machine` tells machines and their restarts apart.
    """

    number: int
    pid: int
    started_at: float
    machine: str
    progress: RunProgress


def read_beat(files: RunDirectory, epoch: int) -> Beat | None:
    """The newest heartbeat of an attempt, None before the first one."""
    try:
        return msgspec.json.decode(beat_file(files, epoch).read_bytes(), type=Beat)
    except (OSError, msgspec.MsgspecError):
        return None


def write_beat(files: RunDirectory, epoch: int, beat: Beat) -> None:
    """Write the newest heartbeat of an attempt.

    Raises:
        OSError: the file cannot be written.
    """
    atomic_write(beat_file(files, epoch), msgspec.json.encode(beat))


@contextlib.contextmanager
def beating(files: RunDirectory, write: Callable[[Beat], None], every: float) -> Iterator[None]:
    """Make a heartbeat every `every` seconds for the length of a block; a thread gives it to `write`."""
    ended = threading.Event()

    def beat() -> None:
        number, own = 0, psutil.Process()
        while True:
            number += 1
            newest = Beat(number, own.pid, own.create_time(), machine_name(), progress_or_nothing(files))
            with contextlib.suppress(OSError, StoreError):  # a full disk must not end the training
                write(newest)
            if ended.wait(every):
                return

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def end_earlier_attempts(
    beat_of: Callable[[int], Beat | None], epoch: int, say: Callable[[str], None]
) -> None:
    """Kill the processes of earlier attempts that are still there, stopped ones too, on this machine.

    `beat_of` gives the newest heartbeat of an epoch.
    """
    for earlier in range(1, epoch):
        beat = beat_of(earlier)
        if beat is None or beat.machine != machine_name():
            continue
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(beat.pid)
            if process.create_time() == beat.started_at:
                say(f"Attempt {earlier} is still there as process {beat.pid}; ending that process")
                process.kill()
                process.wait(END_SECONDS)


def machine_name() -> str:
    """The running system and the namespace of its process ids: equal where a process id means the same."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
