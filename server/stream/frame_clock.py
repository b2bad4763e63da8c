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
