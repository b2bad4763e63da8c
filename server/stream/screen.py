"""The newest picture of the page: one slot, filled by the browser and read by the encoder's clock."""

import threading


class Screen:
    """Holds one picture, JPEG; a newer one replaces it, whether it was read or not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._picture: bytes | None = None
        self._fresh = False
        self._filled = threading.Event()

    def show(self, picture: bytes) -> None:
        """Put the newest picture into the slot."""
        with self._lock:
            self._picture, self._fresh = picture, True
        self._filled.set()

    def wait(self, seconds: float) -> bool:
        """Whether there is a picture after at most so many seconds."""
        return self._filled.wait(seconds)

    def read(self) -> tuple[bytes, bool]:
        """The newest picture, and whether it is read for the first time.

        Raises:
            ValueError: there has been no picture yet.
        """
        with self._lock:
            if self._picture is None:
                raise ValueError("no picture yet")
            fresh, self._fresh = self._fresh, False
            return self._picture, fresh
