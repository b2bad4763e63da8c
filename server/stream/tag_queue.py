"""Tags on their way from the encoder to the connection. What no connection takes is counted as lost."""

import threading
from collections import deque

from server.stream.flv import AUDIO, SCRIPT, VIDEO, Tag
from server.stream.status import StreamCounts

MOST_BYTES = 8_000_000
"""A receiver that is further behind than this is given up for the tags so far; about 20 s at 3 Mb/s."""
SETUP_ORDER = (SCRIPT, VIDEO, AUDIO)


class TagQueue:
    """Holds tags while a connection is open.

    A receiver gets the setup and a keyframe first: when the connection is new, when the encoder is, and when
    tags had to be left out.
    """

    def __init__(self, counts: StreamCounts) -> None:
        self._counts = counts
        self._ready = threading.Condition()
        self._tags: deque[Tag] = deque()
        self._bytes = 0
        self._setup: dict[int, Tag] = {}
        self._open = False
        self._needs_keyframe = True

    def put(self, tag: Tag) -> None:
        """Add a tag, or count its frame as lost."""
        with self._ready:
            if tag.is_setup:
                self._setup[tag.kind] = tag
                self._needs_keyframe = True
                return
            if not self._open or (self._needs_keyframe and not tag.is_keyframe):
                self._counts.lost += tag.is_frame
                return
            if self._bytes + len(tag.payload) > MOST_BYTES:
                self._counts.lost += tag.is_frame
                self._empty()
                return
            if self._needs_keyframe:
                self._needs_keyframe = False
                kinds = [kind for kind in SETUP_ORDER if kind in self._setup]
                for kind in kinds:
                    self._append(Tag(kind, tag.timestamp, self._setup[kind].payload))
            self._append(tag)
            self._ready.notify()

    def open(self) -> None:
        """Hold tags from the next keyframe on."""
        with self._ready:
            self._empty()
            self._open = True

    def close(self) -> None:
        """Hold nothing any more."""
        with self._ready:
            self._empty()
            self._open = False

    def get(self, seconds: float) -> Tag | None:
        """The next tag; None after so many seconds without one."""
        with self._ready:
            if not self._tags:
                self._ready.wait(seconds)
            if not self._tags:
                return None
            tag = self._tags.popleft()
            self._bytes -= len(tag.payload)
            return tag

    def _append(self, tag: Tag) -> None:
        self._tags.append(tag)
        self._bytes += len(tag.payload)

    def _empty(self) -> None:
        """Count what is held as lost; the next tag to hold is a keyframe."""
        self._counts.lost += sum(tag.is_frame for tag in self._tags)
        self._tags.clear()
        self._bytes = 0
        self._needs_keyframe = True
