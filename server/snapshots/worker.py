"""The snapshot worker: checks every few seconds what is due and makes it, one file after another.

What is due is decided in `server.snapshots.schedule`, what is deleted in `server.snapshots.retention`; each
kind of file is made in the module named after it. No failure ends the worker: neither a broken browser, nor a
full disk, nor a missing read model.
"""

import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from anyio import to_thread

from core.errors import HamletError, StoreError
from core.process.memory import MemoryWatch, family_bytes
from core.process.notify import notify
from projections.export import export as export_table
from projections.readmodels import READ_MODELS
from projections.readmodels.heatmap import read_novelty_scale
from server.async_read_model import AsyncReadModel, NoReadModelError
from server.disk import MEGABYTE, room
from server.snapshots import gallery, retention, schedule
from server.snapshots.catalogue import Catalogue
from server.snapshots.files import clear_leftovers, date_no_earlier, write_whole
from server.snapshots.gallery import Gallery
from server.snapshots.gifs import render
from server.snapshots.novelty import novelty_frames
from server.snapshots.progress import RunProgress, quiet_since, read_progress
from server.snapshots.screenshots import ScreenshotBrowser
from server.snapshots.settings import SnapshotSettings

GIFS_PER_ROUND = 10
"""Number of GIFs to make in one round, before other kinds of files get their turn."""
SHOT_RETRY_SECONDS = 30.0
EXPORTS_ABOUT = "metrics.meta.json"
"""Names the run of all exports in the folder: one file, as only one run writes there."""

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


class Worker:
    """Makes what is due; keeps the last error of each task, so that an error is logged once."""

    def __init__(self, settings: SnapshotSettings) -> None:
        self._settings = settings
        self._run = settings.run
        self._read_model = AsyncReadModel(settings.run.read_model)
        self._catalogue = Catalogue(self._run.snapshots, self._run.exports)
        self._memory = MemoryWatch(settings.memory, lambda alarm: logger.warning("%s", alarm), family_bytes())
        self._browser = ScreenshotBrowser()
        self._shot_failed_at = float("-inf")
        self._paused: str | None = None
        self._errors: dict[str, str] = {}

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
        """Make what is due at `now` (Unix seconds); a failed task does not stop the others."""
        # deleting makes room on a full disk, so it comes first
        await self._attempt("thinning", lambda: self._thin(now))
        if not await self._attempt("disk", self._check_disk):
            return
        progress = await self._attempt("read model", self._progress)
        if progress is not None:
            await self._attempt("exports", lambda: self._make_exports(progress, now))
            await self._attempt("GIFs", lambda: self._make_gifs(progress))
            await self._attempt("screenshot", lambda: self._make_screenshot(progress, now))

    def _status(self) -> str:
        made = self._gallery()
        errors = "".join(f"; {task}: {error}" for task, error in self._errors.items())
        if alarm := self._memory.measure().alarm:
            errors += f"; {alarm}"
        return f"{len(made.screenshots)} screenshots, {len(made.gifs)} GIFs{errors}"

    async def _attempt(self, task: str, make: Callable[[], Awaitable[Result]]) -> Result | None:
        """Run one task; log its error unless the same error was logged last, and return None then."""
        try:
            result = await make()
        except HamletError as error:
            if self._errors.get(task) != str(error):
                logger.warning("%s: %s", task, error)
            self._errors[task] = str(error)
            return None
        self._errors.pop(task, None)
        return result

    async def screenshot(self) -> str:
        """Take a screenshot now; returns the file's name.

        Raises:
            ScreenshotError: the dashboard cannot be shown.
        """
        try:
            picture = await self._browser.capture(self._settings.url)
        finally:
            await self._browser.close()
        return self._keep_screenshot(picture, time.time())

    async def missing_gifs(self) -> list[str]:
        """Make all GIFs that are due; returns the files' names.

        Raises:
            StoreError: not enough episodes have finished for one.
        """
        progress = await self._progress()
        finished = 0 if progress is None else progress.trainer.episodes_finished
        if progress is None or finished < self._settings.gif_episodes:
            raise StoreError(
                f"{self._run.read_model}: {finished} episodes have finished, "
                f"a GIF needs {self._settings.gif_episodes}"
            )
        if not progress.has_novelty:
            raise StoreError(f"{self._run.read_model}: this run has no intrinsic reward, so no novelty GIFs")
        names = [await self._make_gif(*window, progress) for window in self._due_gifs(progress)]
        self._publish_index()
        return names

    async def export(self) -> str:
        """Export the metrics now; returns the file's name."""
        return await self._export(gallery.export_name(time.time()))

    async def _progress(self) -> RunProgress | None:
        try:
            return await self._read_model.query(read_progress)
        except NoReadModelError:
            return None

    def _gallery(self) -> Gallery:
        return self._catalogue.gallery(time.time(), self._paused)

    def _publish_index(self) -> None:
        gallery.write_index(self._run.snapshots, self._gallery())

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
        """Delete screenshots and exports over their budgets; GIFs are thinned where they are made."""
        settings, made = self._settings, self._gallery()
        shots = {shot.name: shot.taken_at for shot in made.screenshots}
        exports = {export.name: export.made_at for export in made.exports if not export.final}
        kinds = (
            (self._run.snapshots, shots, settings.then_every, settings.keep_screenshots),
            (self._run.exports, exports, retention.DAY_SECONDS, settings.keep_exports),
        )
        gone = 0
        for folder, made_at, every, limit in kinds:
            times = retention.times_to_delete(list(made_at.values()), now, settings.keep_all, every, limit)
            names = [name for name, at in made_at.items() if at in times]
            self._catalogue.delete(folder, names)
            gone += len(names)
        if gone:
            logger.info(
                "deleted %d screenshots and exports older than %.0f h", gone, settings.keep_all / 3600
            )
            self._publish_index()

    async def _make_exports(self, progress: RunProgress, now: float) -> None:
        trainer = progress.trainer
        if schedule.final_export_due(self._gallery(), trainer.status == "completed", trainer.last_event_at):
            await self._export(gallery.FINAL_EXPORT, trainer.last_event_at)
        every = self._settings.export_every
        if schedule.export_due(self._gallery(), now, every, quiet_since(trainer)):
            # dated by what the export shows, though the clock may have been set back
            await self._export(gallery.export_name(math.ceil(max(now, trainer.last_event_at))))

    async def _export(self, name: str, shows: float = 0.0) -> str:
        path = self._run.exports / name
        rows = await self._read_model.query(
            lambda connection: export_table(
                connection, READ_MODELS, "episodes", "csv", path, about_file=path.parent / EXPORTS_ABOUT
            )
        )
        date_no_earlier(path, shows)
        logger.info("exported %s (%d episodes)", name, rows)
        self._catalogue.add(path)
        self._publish_index()
        return name

    def _due_gifs(self, progress: RunProgress) -> list[tuple[int, int]]:
        if not progress.has_novelty:
            return []
        return schedule.gifs_due(
            self._gallery(),
            progress.trainer.episodes_finished,
            progress.attempts,
            self._settings.gif_episodes,
            self._settings.keep_gifs,
        )

    async def _make_gifs(self, progress: RunProgress) -> None:
        due = self._due_gifs(progress)[:GIFS_PER_ROUND]
        for first, last in due:
            await self._make_gif(first, last, progress)
        superseded = schedule.gifs_to_delete(
            self._gallery(),
            progress.trainer.episodes_finished,
            self._settings.gif_episodes,
            self._settings.keep_gifs,
        )
        self._catalogue.delete(self._run.snapshots, [gif.name for gif in superseded])
        if due or superseded:
            self._publish_index()

    async def _make_gif(self, first: int, last: int, progress: RunProgress) -> str:
        frames = await self._read_model.query(lambda connection: novelty_frames(connection, first, last))
        scale = await self._read_model.query(read_novelty_scale)
        if scale is None:
            raise StoreError(f"the read models have no novelty before episode {last}")
        content = await to_thread.run_sync(render, frames, scale)
        name = gallery.gif_name(first, last)
        path = self._run.snapshots / name
        write_whole(path, content)
        date_no_earlier(path, schedule.attempt_began_at(last, progress.attempts))
        self._catalogue.add(path)
        logger.info("made %s (%d frames, %.0f kB)", name, len(frames), len(content) / 1000)
        return name

    async def _make_screenshot(self, progress: RunProgress, now: float) -> None:
        if now - self._shot_failed_at < SHOT_RETRY_SECONDS:
            return
        last_event_at, every = progress.trainer.last_event_at, self._settings.screenshot_every
        if not schedule.screenshot_due(self._gallery(), now, every, quiet_since(progress.trainer)):
            return
        try:
            picture = await self._browser.capture(self._settings.url)
        except HamletError:
            self._shot_failed_at = now
            raise
        # dated by what the picture shows, though the clock may have been set back
        self._keep_screenshot(picture, math.ceil(max(time.time(), last_event_at)))

    def _keep_screenshot(self, picture: bytes, taken_at: float) -> str:
        name = gallery.screenshot_name(taken_at)
        write_whole(self._run.snapshots / name, picture)
        logger.info("took %s (%.0f kB)", name, len(picture) / 1000)
        self._catalogue.add(self._run.snapshots / name)
        self._publish_index()
        return name
