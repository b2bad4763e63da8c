"""The event writer: buffers events and commits them to the log in groups, durably and in order.

A durable commit takes milliseconds, an episode less; so events are buffered for up to half a second. The
events of one episode always share a transaction. While the disk is full, the writer waits and tries again.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import apsw
import msgspec

from core.errors import StoreError
from core.events import AnyEvent, EpisodeFinished, Event
from core.process.retry import retry_while_failing
from core.process.signals import ShutdownSignal

__all__ = ["Appendable", "EventWriter", "Observer"]

COMMIT_SECONDS = 0.5
"""Seconds between two commits: the bound on an event's latency."""


class Appendable(Protocol):
    """Where the writer's events go: a log, or what compares them with one."""

    def append(self, events: Sequence[Event]) -> int:
        """Append events durably, all or none; return the position of the last."""

    def head(self) -> int:
        """Position of the newest event."""


class Observer(Protocol):
    """The writer calls this protocol for every event when the event is buffered, and for every warning."""

    def warn(self, line: str) -> None:
        """Report a problem, in one sentence."""

    def show_episode(self, finished: EpisodeFinished) -> None:
        """Show a finished episode."""

    def show(self, event: Event) -> None:
        """Show any other event."""


class EventWriter:
    """Appends a run's events to the log, in order, up to the last planned episode.

    After the last planned episode the events of learning are held back: what else ended in the same rollout
    becomes part of the checkpoint and is written first when the run is extended.
    """

    def __init__(self, log: Appendable, num_episodes: int, stop: ShutdownSignal, observer: Observer) -> None:
        self.num_episodes = num_episodes
        self.episodes = 0
        self._log = log
        self._stop = stop
        self._observer = observer
        self._buffer: list[Event] = []
        self._held_back: list[list[Event]] = []
        self._committed_at = time.monotonic()

    @property
    def complete(self) -> bool:
        """Whether the last planned episode has been buffered or committed."""
        return self.episodes >= self.num_episodes

    def record_episode(self, finished: EpisodeFinished, details: Sequence[Event]) -> None:
        """Buffer the events of one episode; they will be committed together."""
        if self.complete:
            self._held_back.append([finished, *details])
            return
        self.episodes = finished.episode
        self._buffer.append(finished)
        self._buffer.extend(details)
        self._observer.show_episode(finished)

    def record_decision(self, event: Event) -> None:
        """Buffer a decision of the curriculum, of exploration or of the town's rearrangement."""
        if self.complete:
            self._held_back.append([event])
            return
        self.record(event)

    def record(self, event: Event) -> None:
        """Buffer an event that is no part of learning (heartbeat, checkpoint, stop); never held back."""
        self._buffer.append(event)
        self._observer.show(event)

    def commit_if_due(self) -> None:
        """Commit the buffered events if the last commit is at least `COMMIT_SECONDS` ago."""
        if self._buffer and time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            self.commit()

    def commit(self) -> int:
        """Commit the buffered events, however long the disk takes; returns the position of the newest event.

        Raises:
            StoreError: the log is damaged, or the process was asked to end while it waited for a full disk.
        """
        events = self._buffer
        if events:
            try:
                retry_while_failing(
                    lambda: self._log.append(events), _may_pass, self._observer.warn, self._stop
                )
            except apsw.Error as error:
                raise StoreError(
                    f"the event log cannot be written ({error}); restore it from a backup"
                ) from error
            self._buffer = []
        self._committed_at = time.monotonic()
        return self._log.head()

    def state_dict(self) -> dict[str, Any]:
        """The number of episodes written and the events held back. Only valid directly after a commit."""
        return {
            "episodes": self.episodes,
            "held_back": [msgspec.json.encode(events).decode() for events in self._held_back],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a `state_dict`; events held back are recorded now if more episodes are planned."""
        self.episodes = state["episodes"]
        for payload in state["held_back"]:
            first, *details = _decode(payload)
            if isinstance(first, EpisodeFinished):
                self.record_episode(first, details)
            else:
                self.record_decision(first)


_decode: Callable[[str], list[AnyEvent]] = msgspec.json.Decoder(list[AnyEvent]).decode


def _may_pass(error: Exception) -> str | None:
    """A sentence for failures that may pass (full disk, quota, a lock held by a backup); None for damage."""
    if isinstance(error, apsw.FullError):
        return "the event log cannot grow: the disk is full"
    if isinstance(error, apsw.IOError | apsw.BusyError | apsw.LockedError | apsw.CantOpenError):
        return f"the event log cannot be written ({error})"
    return None
