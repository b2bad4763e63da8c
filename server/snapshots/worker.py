"""The snapshot worker: looks every few seconds what is due, and makes it, one thing after another.

What is due is decided in `server.snapshots.schedule`, how it is made in the modules named after it. Nothing
that goes wrong ends the worker: not a browser, not a full disk, not a read model that is away.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import apsw
import msgspec
from anyio import to_thread

from core.errors import HamletError, StoreError
from core.process.memory import MemoryWatch, family_bytes
from core.process.notify import notify
from projections.export import export as export_table
from projections.readmodels import READ_MODELS
from projections.readmodels.attempts import Attempt, read_attempts
from projections.readmodels.health import TrainerStatus, read_trainer_status
from server.async_read_model import AsyncReadModel, NoReadModelError
from server.disk import MEGABYTE, room
from server.snapshots import gallery, retention, schedule
from server.snapshots.files import clear_leftovers, date_no_earlier, write_whole
from server.snapshots.gallery import Gallery
from server.snapshots.gifs import render
from server.snapshots.novelty import novelty_frames
from server.snapshots.screenshots import ScreenshotBrowser
from server.snapshots.settings import SnapshotSettings

GIFS_PER_ROUND = 10
"""While catching up, how many GIFs to make before looking whether something else is due."""
SHOT_RETRY_SECONDS = 30.0

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


class Story(msgspec.Struct, frozen=True):
    """What the read models say about the run, as far as it decides what is due."""

    pulse: TrainerStatus
    attempts: list[Attempt]


def _tell(connection: apsw.Connection) -> Story | None:
    pulse = read_trainer_status(connection)
    if pulse is None or pulse.episodes_finished == 0:
        return None
    return Story(pulse, read_attempts(connection))


class Worker:
    """The worker's hands; all it remembers is whether it has said already what is wrong."""

    def __init__(self, settings: SnapshotSettings) -> None:
        self._settings = settings
        self._run = settings.run
        self._read_model = AsyncReadModel(settings.run.read_model)
        self._memory = MemoryWatch(settings.memory, lambda alarm: logger.warning("%s", alarm), family_bytes())
        self._browser = ScreenshotBrowser()
        self._shot_failed_at = float("-inf")
        self._paused: str | None = None
        self._troubles: dict[str, str] = {}

    async def work(self) -> None:
        """Make what is due until cancelled."""
        for folder in (self._run.snapshots, self._run.exports):
            clear_leftovers(folder)
        try:
            notify(READY="1")
            while True:
                await self.round(time.time())
                notify(WATCHDOG="1", STATUS=self._status())
                await anyio.sleep(self._settings.poll)
        finally:
            self.close()
            with anyio.CancelScope(shield=True):
                await self._browser.close()

    def close(self) -> None:
        """Close the read model."""
        self._read_model.close()

    async def round(self, now: float) -> None:
        """Look once, at `now` (Unix seconds), and make what is due; one failure does not stop the rest."""
        # makes room, so it comes first
        await self._try("thinning", lambda: self._thin(now))
        if not await self._try("disk", self._check_disk):
            return
        story = await self._try("read model", self._story)
        if story is not None:
            await self._try("exports", lambda: self._make_exports(story, now))
            await self._try("GIFs", lambda: self._make_gifs(story))
            await self._try("screenshot", lambda: self._make_screenshot(now))

    def _status(self) -> str:
        made = self._survey()
        troubles = "".join(f"; {what}: {trouble}" for what, trouble in self._troubles.items())
        if alarm := self._memory.measure().alarm:
            troubles += f"; {alarm}"
        return f"{len(made.screenshots)} screenshots, {len(made.gifs)} GIFs{troubles}"

    async def _try(self, what: str, make: Callable[[], Awaitable[Result]]) -> Result | None:
        """Do one thing; a failure is logged, once as long as it stays the same, and gives None."""
        try:
            result = await make()
        except HamletError as error:
            if self._troubles.get(what) != str(error):
                logger.warning("%s: %s", what, error)
            self._troubles[what] = str(error)
            return None
        self._troubles.pop(what, None)
        return result

    async def screenshot(self) -> str:
        """Take a screenshot now; its name."""
        try:
            picture = await self._browser.capture(self._settings.url)
        finally:
            await self._browser.close()
        return self._keep_screenshot(picture)

    async def missing_gifs(self) -> list[str]:
        """Make all GIFs that are due; their names.

        Raises:
            StoreError: not enough episodes have finished for one.
        """
        story = await self._story()
        finished = 0 if story is None else story.pulse.episodes_finished
        if story is None or finished < self._settings.gif_episodes:
            raise StoreError(
                f"{self._run.read_model}: {finished} episodes have finished, "
                f"a GIF needs {self._settings.gif_episodes}"
            )
        return [await self._make_gif(*window) for window in self._due_gifs(story)]

    async def export(self) -> str:
        """Export the metrics now; the file's name."""
        return await self._export(gallery.export_name(time.time()))

    async def _story(self) -> Story | None:
        """What the read models say; None while there is no episode to show."""
        try:
            return await self._read_model.query(_tell)
        except NoReadModelError:
            return None

    def _survey(self) -> Gallery:
        return gallery.survey(self._run.snapshots, self._run.exports, time.time(), self._paused)

    def _publish_index(self) -> None:
        gallery.write_index(self._run.snapshots, self._survey())

    async def _check_disk(self) -> bool:
        """Whether there is room to write; a change is logged and, where that is possible, in the index."""
        disk = room(self._run.snapshots, self._settings.disk_floor_bytes)
        paused = None
        if disk.low:
            floor = disk.floor_bytes / MEGABYTE
            paused = f"less than {floor:.0f} MB are free on the disk; nothing is written until there is room"
        if (paused is None) != (self._paused is None):
            self._paused = paused
            if paused is not None:
                logger.warning("%s", paused)
            else:
                free = disk.free_bytes / MEGABYTE
                logger.info("there is room on the disk again (%.0f MB free); writing goes on", free)
            self._publish_index()
        return paused is None

    async def _thin(self, now: float) -> None:
        gone = retention.superfluous(
            self._survey().screenshots, now, self._settings.keep_all, self._settings.then_every
        )
        for screenshot in gone:
            (self._run.snapshots / screenshot.name).unlink(missing_ok=True)
        if gone:
            logger.info(
                "thinned out %d screenshots older than %.0f h", len(gone), self._settings.keep_all / 3600
            )
            self._publish_index()

    async def _make_exports(self, story: Story, now: float) -> None:
        made = self._survey()
        if schedule.final_export_due(made, story.pulse):
            await self._export(gallery.FINAL_EXPORT)
            date_no_earlier(self._run.exports / gallery.FINAL_EXPORT, story.pulse.last_event_at)
        if schedule.export_due(made, now, self._settings.export_every):
            await self._export(gallery.export_name(now))

    async def _export(self, name: str) -> str:
        path = self._run.exports / name
        rows = await self._read_model.query(
            lambda connection: export_table(connection, READ_MODELS, "episodes", "csv", path)
        )
        logger.info("exported %s (%d episodes)", name, rows)
        self._publish_index()
        return name

    def _due_gifs(self, story: Story) -> list[tuple[int, int]]:
        return schedule.gifs_due(
            self._survey(), story.pulse.episodes_finished, story.attempts, self._settings.gif_episodes
        )

    async def _make_gifs(self, story: Story) -> None:
        for first, last in self._due_gifs(story)[:GIFS_PER_ROUND]:
            name = await self._make_gif(first, last)
            date_no_earlier(self._run.snapshots / name, schedule.lived_at(last, story.attempts))

    async def _make_gif(self, first: int, last: int) -> str:
        frames = await self._read_model.query(lambda connection: novelty_frames(connection, first, last))
        content = await to_thread.run_sync(render, frames)
        name = gallery.gif_name(first, last)
        write_whole(self._run.snapshots / name, content)
        logger.info("made %s (%d frames, %.0f kB)", name, len(frames), len(content) / 1000)
        self._publish_index()
        return name

    async def _make_screenshot(self, now: float) -> None:
        if now - self._shot_failed_at < SHOT_RETRY_SECONDS:
            return
        if not schedule.screenshot_due(self._survey(), now, self._settings.screenshot_every):
            return
        try:
            self._keep_screenshot(await self._browser.capture(self._settings.url))
        except HamletError:
            self._shot_failed_at = now
            raise

    def _keep_screenshot(self, picture: bytes) -> str:
        name = gallery.screenshot_name(time.time())
        write_whole(self._run.snapshots / name, picture)
        logger.info("took %s (%.0f kB)", name, len(picture) / 1000)
        self._publish_index()
        return name
