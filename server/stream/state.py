"""The state of a stream: what it does at present, since when, and what is wrong."""

import threading
import time

from server.stream.status import StreamState


class StateKeeper:
    """Holds the state for the threads that change it and for the one that reports it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: StreamState = "starting"
        self._since = time.time()
        self._problem = ""

    def set(self, state: StreamState, problem: str = "") -> bool:
        """Change the state; returns whether anything is new, so that the same problem is logged once."""
        with self._lock:
            news = (state, problem) != (self._state, self._problem)
            if state != self._state:
                self._since = time.time()
            self._state, self._problem = state, problem
            return news

    def get(self) -> tuple[StreamState, float, str]:
        """State, since when (Unix seconds), and problem."""
        with self._lock:
            return self._state, self._since, self._problem
