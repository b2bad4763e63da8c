"""What runs the attempts of a sweep: processes of this machine, or tasks of a Ray cluster."""

from pathlib import Path
from typing import NamedTuple, Protocol

__all__ = ["Executor", "Outcome", "last_line"]

LAST_BYTES = 4_096


class Outcome(NamedTuple):
    """How an attempt ended: its exit code, and the last line of its log.

    A negative exit code is a signal; None says that the node of the attempt was lost.
    """

    exit_code: int | None
    last_line: str


class Executor(Protocol):
    """Starts attempts and says how they ended. An attempt is named by its run."""

    def free(self) -> bool:
        """Whether another attempt may begin now."""

    def start(self, name: str, epoch: int) -> None:
        """Start the attempt of a run; its lease has been taken."""

    def ended(self) -> dict[str, Outcome]:
        """The attempts that have ended since the last call, by run."""

    def ask_to_end(self) -> None:
        """Ask all attempts to save a checkpoint and end."""

    def kill(self, name: str) -> None:
        """End an attempt at once; it is not among those of `ended` any more."""

    def notice(self) -> str:
        """A sentence on why attempts wait, empty where none waits."""

    def close(self) -> None:
        """End all that is still there."""


def last_line(log: Path) -> str:
    """The last line of a log that says something, without its time; empty where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LAST_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    lines = [line.strip() for line in lines if line.strip()]
    if not lines:
        return ""
    _time, bracket, text = lines[-1].partition("] ") if lines[-1].startswith("[") else ("", "", "")
    return text if bracket else lines[-1]
