"""Keeps a stream going: connects, sends, connects again after longer and longer pauses, and ends broadcasts.

A platform keeps recordings of less than twelve hours, so a broadcast ends after eleven and a new one begins.
"""

import logging
import threading
import time

from server.stream.rtmp import RtmpConnection, RtmpError, publishing
from server.stream.state import StateKeeper
from server.stream.status import StreamCounts
from server.stream.tag_queue import TagQueue
from server.stream.target import Target

LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
"""A connection that lasted so long was a good one: after it the pauses are short again."""
POLL_SECONDS = 0.5
BACKWARDS_MS = 1000
"""Timestamps that jump back by more than this are those of a new encoder."""

logger = logging.getLogger(__name__)


def pause_before(attempt: int) -> float:
    """Seconds to wait before the `attempt`-th try in a row that follows a failure, from 1: 1, 2, 4, …, 30."""
    return min(LONGEST_PAUSE, 2.0 ** (attempt - 1))


class Timeline:
    """Timestamps of one connection: from zero on and never back, also when the encoder is replaced."""

    def __init__(self) -> None:
        self._offset: int | None = None
        self._last = 0

    def place(self, timestamp: int) -> int:
        """The time of a tag since the connection began, milliseconds; `timestamp` is the encoder's."""
        if self._offset is None or timestamp - self._offset < self._last - BACKWARDS_MS:
            self._offset = timestamp - self._last
        placed = max(0, timestamp - self._offset)
        self._last = max(self._last, placed)
        return placed


class Publisher:
    """Sends what is in `queue` to `target` until `stop` is set."""

    def __init__(
        self,
        target: Target,
        counts: StreamCounts,
        state: StateKeeper,
        stop: threading.Event,
        broadcast_seconds: float,
        pause_seconds: float,
    ) -> None:
        self.queue = TagQueue(counts)
        self._target = target
        self._counts = counts
        self._state = state
        self._stop = stop
        self._broadcast_seconds = broadcast_seconds
        self._pause_seconds = pause_seconds
        self._broadcast_began: float | None = None
        self._connections = 0

    def run(self) -> None:
        """Connect and send until asked to stop, then what is still held; no error of the receiver ends it."""
        failures = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self._publish()
                failures = 0
                continue
            except RtmpError as error:
                failures = 1 if time.monotonic() - began > STEADY_SECONDS else failures + 1
                if self._state.set("reconnecting", str(error)):
                    logger.warning("%s; connecting again", error)
            finally:
                self.queue.close()
            self._stop.wait(pause_before(failures))

    def _publish(self) -> None:
        """Send until the broadcast is over or the stream is to stop.

        Raises:
            RtmpError: there is no connection, or the connection has ended.
        """
        with publishing(self._target) as connection:
            self._counts.reconnects += self._connections > 0
            self._connections += 1
            self._state.set("live")
            logger.info("live at %s", self._target)
            self._send_all(connection)
            connection.unpublish()
        if self._stop.is_set():
            return
        self._broadcast_began = None
        self.queue.close()
        self._state.set("pause", "the broadcast has ended; the next one begins soon")
        logger.info("the broadcast has ended; the next one begins in %.0f s", self._pause_seconds)
        self._stop.wait(self._pause_seconds)
        self._connections = 0

    def _send_all(self, connection: RtmpConnection) -> None:
        timeline = Timeline()
        self.queue.open()
        while True:
            tag = self.queue.get(POLL_SECONDS)
            if tag is None:
                if self._stop.is_set():
                    return
                connection.keep_alive()
            elif tag.is_keyframe and self._is_over():
                return  # elsewhere frames between those that were sent would be missing
            else:
                connection.send(tag, timeline.place(tag.timestamp))
                self._broadcast_began = self._broadcast_began or time.monotonic()

    def _is_over(self) -> bool:
        began = self._broadcast_began
        return began is not None and time.monotonic() - began >= self._broadcast_seconds
