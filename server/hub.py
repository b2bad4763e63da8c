"""Fan-out: one encoded message for any number of viewers, none of whom can delay another.

A viewer has one slot for the newest update, not a queue: a viewer that reads slowly misses the updates in
between and gets the newest one. So the memory kept for a viewer is bounded. The content of messages is
defined in `server.messages`, a viewer's connection in `server.viewer`.
"""

import asyncio
from collections.abc import Callable


class Viewer:
    """The slots of one connection, and the event `filled` that signals new data in one of them."""

    __slots__ = ("error", "filled", "paused", "update")

    def __init__(self) -> None:
        self.filled = asyncio.Event()
        self.update: str | None = None
        self.error: str | None = None
        self.paused = False

    def put_update(self, text: str) -> bool:
        """Put the newest update into its slot; True when an update that was not sent yet was replaced."""
        conflated = self.update is not None
        self.update = text
        self.filled.set()
        return conflated

    def put_error(self, text: str) -> None:
        """Put an encoded error message for this viewer alone into its slot."""
        self.error = text
        self.filled.set()

    def take(self) -> str | None:
        """Empty the most urgent slot that is filled; None when all slots are empty."""
        if self.error is not None:
            error, self.error = self.error, None
            return error
        update, self.update = self.update, None
        return update


class Hub:
    """All connected viewers, and the newest full message.

    `current` is the last full message (a state, or the reason to wait), which a viewer gets on connecting.
    Counters since the start: `refused` connections over the limit, `published` messages, `conflated` updates
    that were replaced before a slow viewer received them.
    """

    def __init__(self, max_viewers: int, connected: Callable[[], int] | None = None) -> None:
        """`connected` counts the viewers that share the limit: those of all hubs of a process of many runs.

        Without `connected` the limit is for the viewers of this hub.
        """
        self.max_viewers = max_viewers
        self._connected = connected or (lambda: len(self.viewers))
        self.viewers: set[Viewer] = set()
        self.current: str | None = None
        self.refused = 0
        self.published = 0
        self.conflated = 0

    def join(self) -> Viewer | None:
        """Add a viewer with the current message in its slot; None when `max_viewers` are connected."""
        if self._connected() >= self.max_viewers:
            self.refused += 1
            return None
        viewer = Viewer()
        self.viewers.add(viewer)
        if self.current is not None:
            viewer.put_update(self.current)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Remove a viewer with its slots."""
        self.viewers.discard(viewer)

    def publish(self, message: str) -> None:
        """Send a full message to every viewer that is not paused, and keep it as the current one."""
        self.current = message
        self._put_for_all(message)

    def replace_current(self, message: str) -> None:
        """Replace the message for viewers that connect from now on; nobody else receives it."""
        self.current = message

    def publish_tick(self, message: str) -> None:
        """Send a tick to every viewer that is not paused; a tick never replaces a full message."""
        self._put_for_all(message, only_if_empty=True)

    def pause(self, viewer: Viewer) -> None:
        """Send this viewer no updates and ticks until `resume`."""
        viewer.paused = True
        viewer.update = None

    def resume(self, viewer: Viewer) -> None:
        """Send this viewer the current message, and updates and ticks from now on."""
        viewer.paused = False
        if self.current is not None:
            viewer.put_update(self.current)

    def _put_for_all(self, text: str, only_if_empty: bool = False) -> None:
        self.published += 1
        for viewer in self.viewers:
            if viewer.paused or (only_if_empty and viewer.update is not None):
                continue
            self.conflated += viewer.put_update(text)
