"""Slowing a run down: when the next episode may be written, so that a stream lasts for days.

The trainer waits, it does not train less; so what is learnt stays the same.
"""

import time
from collections.abc import Callable

__all__ = ["Pace"]


class Pace:
    """Hands out turns, `episodes_per_hour` of them; a turn missed is not made up for by a hurry later."""

    def __init__(self, episodes_per_hour: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 3600.0 / episodes_per_hour
        self._clock = clock
        self._due = clock()

    def remaining(self) -> float:
        """Seconds until the next turn, 0 when it has come."""
        return max(0.0, self._due - self._clock())

    def take(self) -> None:
        """Use up a turn."""
        self._due = max(self._due, self._clock()) + self._interval
