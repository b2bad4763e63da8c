"""When a frame is due: a constant rate, whatever the page draws and however late the encoder is. Pure."""

CATCH_UP_SECONDS = 10.0
"""Frames are made up for by repeating after a stall of at most so long; a longer one leaves frames out."""


class FrameClock:
    """Counts frames against time. Times are monotonic seconds; frame 0 is due at `began`."""

    def __init__(self, fps: int, began: float) -> None:
        self._fps = fps
        self._began = began
        self._frames = 0

    def due(self, now: float) -> int:
        """How many frames are due and not yet counted."""
        return max(0, int((now - self._began) * self._fps) + 1 - self._frames)

    def too_many(self, now: float) -> int:
        """How many of the frames that are due come too late to be made up for."""
        return max(0, self.due(now) - int(CATCH_UP_SECONDS * self._fps))

    def count(self, frames: int = 1) -> None:
        """Count frames that were sent or left out."""
        self._frames += frames

    def until_next(self, now: float) -> float:
        """Seconds until the next frame is due; 0 when one is."""
        return max(0.0, self._began + self._frames / self._fps - now)


class Timestamps:
    """Timestamps of what an encoder gives out, with the frames that were left out put back as time.

    An encoder counts the frames that it gets, so its own timestamps fall behind by every frame that it does
    not get. `began_ms` is when this encoder began, in milliseconds since the first one did.
    """

    def __init__(self, fps: int, began_ms: float) -> None:
        self._frame_ms = 1000 / fps
        self._began_ms = began_ms
        self._jumps: list[tuple[float, float]] = []

    def leave_out(self, frames: int, before: int) -> None:
        """So many frames were left out before the encoder's frame number `before`, from 0."""
        self._jumps.append(((before - 0.5) * self._frame_ms, frames * self._frame_ms))

    def place(self, timestamp: int) -> int:
        """The time of what the encoder says is at `timestamp`; both in milliseconds."""
        jumped = sum(length for at, length in self._jumps if timestamp >= at)
        return round(self._began_ms + timestamp + jumped)
