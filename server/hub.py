"""Fan-out: one encoded message, any number of viewers, none of whom can delay another.

A viewer has one slot for the newest update and one for its newest wish, never a queue: who reads slowly
misses updates in between and gets the newest, and what the server keeps for a viewer is bounded whatever
it does. What a message says is in `server.messages`; a viewer's connection is in `server.viewer`.
"""

import asyncio

import msgspec

from server.messages import Seek


class Published(msgspec.Struct, frozen=True):
    """An encoded message for everyone; `position` of the log it shows, None when there is nothing to show."""

    text: str
    position: int | None


class Viewer:
    """What the hub keeps for one viewer: slots, and the bell that says one of them was filled."""

    __slots__ = ("bell", "complaint", "paused", "seek", "update")

    def __init__(self) -> None:
        self.bell = asyncio.Event()
        self.update: str | None = None
        self.seek: Seek | None = None
        self.complaint: str | None = None
        self.paused = False

    def show(self, text: str) -> bool:
        """Put the newest update into its slot; True when one the viewer never saw was replaced."""
        conflated = self.update is not None
        self.update = text
        self.bell.set()
        return conflated

    def ask(self, seek: Seek) -> None:
        """Remember the newest moment the viewer wants to see; an unanswered older wish is forgotten."""
        self.seek = seek
        self.bell.set()

    def complain(self, text: str) -> None:
        """Put an encoded error message for this viewer alone into its slot."""
        self.complaint = text
        self.bell.set()


class Hub:
    """All viewers at present, and the newest message for them.

    `current` is the last full message (a state or the reason to wait): what a viewer gets on connecting.
    The counters only grow: `refused` connections over the cap, `published` messages, `conflated` updates
    replaced before a slow viewer took them.
    """

    def __init__(self, max_viewers: int) -> None:
        self.max_viewers = max_viewers
        self.viewers: set[Viewer] = set()
        self.current: Published | None = None
        self.refused = 0
        self.published = 0
        self.conflated = 0

    def join(self) -> Viewer | None:
        """A new viewer with the current message in its slot; None when there is no room."""
        if len(self.viewers) >= self.max_viewers:
            self.refused += 1
            return None
        viewer = Viewer()
        self.viewers.add(viewer)
        if self.current is not None:
            viewer.show(self.current.text)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer and all that was kept for it."""
        self.viewers.discard(viewer)

    def publish(self, message: Published) -> None:
        """Give everyone who is not paused a new full message, and keep it for those who join."""
        self.current = message
        self._give(message.text)

    def renew(self, message: Published) -> None:
        """Replace what those who join get, such as by the same state under the present server time."""
        self.current = message

    def tick(self, text: str) -> None:
        """Give everyone who is not paused a sign of life; it never replaces a full message."""
        self._give(text, only_if_empty=True)

    def pause(self, viewer: Viewer) -> None:
        """Send this viewer nothing but answers until it wants the present again."""
        viewer.paused = True
        viewer.update = None

    def resume(self, viewer: Viewer, seen_position: int | None = None) -> None:
        """Go on with the present, at once, unless what was seen at `seen_position` still is the present."""
        viewer.paused = False
        if self.current is not None and self.current.position != seen_position:
            viewer.show(self.current.text)

    def _give(self, text: str, only_if_empty: bool = False) -> None:
        self.published += 1
        for viewer in self.viewers:
            if viewer.paused or (only_if_empty and viewer.update is not None):
                continue
            self.conflated += viewer.show(text)
