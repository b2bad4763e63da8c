"""Where a run of a sweep stands, for the loop that attempts it and for the table that shows it."""

from typing import Literal

import msgspec

from producer.sweep.progress import RunProgress

__all__ = ["RunState", "Status"]

Status = Literal["waiting", "running", "finished", "failed", "stopped"]


class RunState(msgspec.Struct):
    """One run. Times are those of `time.monotonic`.

    `epoch` is that of the newest attempt, 0 before the first. `failures` counts the attempts in a row that
    failed without a further episode; `problem` is what the last failure said. `seen_beat` is the number of
    the newest heartbeat, seen at `seen_at`.
    """

    name: str
    progress: RunProgress
    status: Status
    epoch: int = 0
    failures: int = 0
    problem: str = ""
    not_before: float = 0.0
    begun_at: float = 0.0
    seen_at: float = 0.0
    seen_beat: int = 0
    episode_at_failure: int = 0
    first_episode: int | None = None
    first_at: float = 0.0
    newest_at: float = 0.0

    def advance(self, progress: RunProgress, now: float) -> None:
        """Take over newer progress; from the first of an attempt on its speed is measured."""
        if progress.planned is None:
            return
        if self.first_episode is None or progress.episode < self.first_episode:
            self.first_episode, self.first_at = progress.episode, now
        self.progress, self.newest_at = progress, now

    @property
    def episodes_per_second(self) -> float | None:
        """The speed of the newest attempt; None before it can be known."""
        if self.first_episode is None or self.newest_at <= self.first_at:
            return None
        return (self.progress.episode - self.first_episode) / (self.newest_at - self.first_at) or None

    @property
    def seconds_left(self) -> float | None:
        """How long the run would go on at the speed of its newest attempt."""
        speed = self.episodes_per_second
        if self.status != "running" or speed is None or self.progress.planned is None:
            return None
        return (self.progress.planned - self.progress.episode) / speed
