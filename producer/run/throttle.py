"""The throttle: limits how many episodes are written per hour, so that a run can last for days.

The throttle delays writing; it changes nothing that is learnt.
"""

import time
from collections.abc import Callable

__all__ = ["Throttle"]


class Throttle:
    """Rate limiter: at most `episodes_per_hour`; unused time is not carried over."""

    def __init__(self, episodes_per_hour: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 3600.0 / episodes_per_hour
        self._clock = clock
        self._next_at = clock()

    def remaining(self) -> float:
        """Seconds until the next episode may be written; 0 when it may be written now."""
        return max(0.0, self._next_at - self._clock())

    def advance(self) -> None:
        """Count one episode as written; the next one may follow one interval later."""
        self._next_at = max(self._next_at, self._clock()) + self._interval
