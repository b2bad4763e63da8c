"""The way from the trainer to the log: group commit, patience with a full disk, a run's planned length.

One durable commit costs milliseconds, a life takes fewer to learn from; so events wait for each other, though
never longer than half a second. What happened in a life goes into one transaction.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import apsw
import msgspec

from core.errors import StoreError
from core.events import AnyEvent, EpisodeFinished, Event
from core.log import EventLog
from core.process.retry import persistently
from core.process.signals import Stop

__all__ = ["Journal"]

COMMIT_SECONDS = 0.5
"""Time between two commits, the bound on an event's latency; each waits milliseconds for the disk."""


class Journal:
    """Takes events in order and sees to it that they get into the log.

    After the last planned episode nothing more is written: what else ended in the same rollout is held
    back, part of the checkpoint, and written first should the run be extended.
    """

    def __init__(
        self,
        log: EventLog,
        num_episodes: int,
        stop: Stop,
        warn: Callable[[str], None],
        on_event: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        """`on_event` is shown each event as it is written (not when it is committed)."""
        self.num_episodes = num_episodes
        self.episodes = 0
        self._log = log
        self._stop = stop
        self._warn = warn
        self._on_event = on_event
        self._waiting: list[Event] = []
        self._held_back: list[list[Event]] = []
        self._committed_at = time.monotonic()

    @property
    def complete(self) -> bool:
        """Whether the last planned episode has been written."""
        return self.episodes >= self.num_episodes

    def write(self, events: Sequence[Event]) -> None:
        """Take events that belong together; they will be committed together."""
        if self.complete:
            self._held_back.append(list(events))
            return
        for event in events:
            if isinstance(event, EpisodeFinished):
                self.episodes = event.episode
            self._on_event(event)
        self._waiting.extend(events)

    def note(self, event: Event) -> None:
        """Take an event that is no part of the learning (heartbeat, checkpoint, stop); never held back."""
        self._waiting.append(event)
        self._on_event(event)

    def commit_if_due(self) -> None:
        """Commit what waits, unless the last commit is too young."""
        if self._waiting and time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            self.commit()

    def commit(self) -> int:
        """Commit what waits, however long the disk takes; give the position of the log's newest event.

        Raises:
            StoreError: the log is damaged, or the process was asked to end while it waited for a full disk.
        """
        events = self._waiting
        if events:
            try:
                persistently(lambda: self._log.append(events), _passing, self._warn, self._stop)
            except apsw.Error as error:
                raise StoreError(
                    f"the event log cannot be written ({error}); restore it from a backup"
                ) from error
            self._waiting = []
        self._committed_at = time.monotonic()
        return self._log.head()

    def state_dict(self) -> dict[str, Any]:
        """Episodes written and what is held back. Call it only after a commit."""
        return {
            "episodes": self.episodes,
            "held_back": [msgspec.json.encode(events).decode() for events in self._held_back],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken; with more episodes to come, what was held back is written."""
        self.episodes = state["episodes"]
        for payload in state["held_back"]:
            self.write(_decode(payload))


_decode: Callable[[str], list[AnyEvent]] = msgspec.json.Decoder(list[AnyEvent]).decode


def _passing(error: Exception) -> str | None:
    """A full disk, a quota, a lock held by a backup: all that may pass. Damage and refusals do not."""
    if isinstance(error, apsw.FullError):
        return "the event log cannot grow: the disk is full"
    if isinstance(error, apsw.IOError | apsw.BusyError | apsw.LockedError | apsw.CantOpenError):
        return f"the event log cannot be written ({error})"
    return None
