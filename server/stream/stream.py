"""One stream: the page on a screen, the encoder, the connection, the recordings, and a report of them."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable

import anyio

from core.errors import HamletError
from server.disk import room
from server.stream.archive import read_archive, to_delete
from server.stream.encoder import StreamEncoder
from server.stream.flv import Tag
from server.stream.publisher import Publisher
from server.stream.renewal import keep_showing
from server.stream.screen import Screen
from server.stream.settings import StreamSettings
from server.stream.state import StateKeeper
from server.stream.status import StreamCounts, StreamState, StreamStatus

REPORT_SECONDS = 2.0
THIN_SECONDS = 60.0
JOIN_SECONDS = 30.0
STALLED_SECONDS = 5.0
"""An encoder that takes no picture for so long is an alarm; one that is only late takes some."""

logger = logging.getLogger(__name__)


class Stream:
    """Streams until `run` is cancelled or `stop` is called; `counts` says what was done so far."""

    def __init__(self, settings: StreamSettings, report: Callable[[StreamStatus], None]) -> None:
        self.counts = StreamCounts()
        self._settings = settings
        self._report = report
        self._state = StateKeeper()
        self._screen = Screen()
        self._started_at = time.time()
        self._thinned_at = float("-inf")
        self._encoder_stop, self._publisher_stop = threading.Event(), threading.Event()
        self._publisher = self._new_publisher()
        handle = self._publisher.queue.put if self._publisher is not None else self._handle_none
        self._encoder = StreamEncoder(settings, self._screen, self.counts, handle, self._encoder_stop)

    async def run(self) -> None:
        """Stream until cancelled; what was encoded is sent before it ends."""
        threads = [threading.Thread(target=self._encoder.run, name="encoder", daemon=True)]
        if self._publisher is not None:
            threads.append(threading.Thread(target=self._publish, name="publisher", daemon=True))
        for thread in threads:
            thread.start()
        showing = asyncio.create_task(keep_showing(self._settings, self._screen, self.counts, self._state))
        try:
            while not showing.done():
                await asyncio.to_thread(self._thin)
                self._report(self.status())
                await asyncio.sleep(REPORT_SECONDS)
            await showing
        finally:
            with anyio.CancelScope(shield=True):
                for stop, thread in zip((self._encoder_stop, self._publisher_stop), threads, strict=False):
                    stop.set()
                    await asyncio.to_thread(thread.join, JOIN_SECONDS)
                showing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await showing
                self._report(self.status("ended"))

    def status(self, state: StreamState | None = None) -> StreamStatus:
        """The stream at present; `state` is put in place of its own."""
        own, since, problem = self._state.get()
        waiting = self._encoder.waits_for()
        if own == "live" and waiting > STALLED_SECONDS:
            own, since = "stalled", time.time() - waiting
            problem = f"the encoder has taken no picture for {waiting:.0f} s"
        archive = self._settings.archive
        recordings = [] if archive is None else read_archive(archive)
        return StreamStatus(
            updated_at=time.time(),
            started_at=self._started_at,
            target=self._settings.shown_target,
            state=state or own,
            since=since,
            problem=problem,
            counts=self.counts,
            archive_files=len(recordings),
            archive_bytes=sum(recording.bytes for recording in recordings),
        )

    def _new_publisher(self) -> Publisher | None:
        settings = self._settings
        if settings.target is None:
            return None
        return Publisher(
            settings.target, self.counts, self._state, self._publisher_stop, settings.broadcast_seconds,
            settings.pause_seconds,
        )  # fmt: skip

    def _handle_none(self, tag: Tag) -> None:
        """A file is written by ffmpeg itself."""

    def _publish(self) -> None:
        assert self._publisher is not None
        # a receiver that is sent nothing ends the connection
        while not self._publisher_stop.is_set() and not self._screen.wait(REPORT_SECONDS):
            pass
        self._publisher.run()

    def _thin(self) -> None:
        """Delete the recordings over the budget, once a minute; a file also is live when it is written."""
        if self._settings.target is None and self.counts.sent:
            self._state.set("live")
        archive, now = self._settings.archive, time.monotonic()
        if archive is None or now - self._thinned_at < THIN_SECONDS:
            return
        self._thinned_at = now
        try:
            missing = self._settings.disk_floor_bytes - room(archive, 0).free_bytes
            for recording in to_delete(read_archive(archive), self._settings.archive_bytes, missing):
                (archive / recording.name).unlink(missing_ok=True)
                logger.info("deleted the recording %s", recording.name)
        except (HamletError, OSError) as error:
            logger.warning("the recordings are not thinned: %s", error)
