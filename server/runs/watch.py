"""What is watched of all runs as long as the server runs: which there are, and how each is."""

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup
from litestar import Litestar

from core.errors import HamletError
from core.process.memory import MemoryWatch
from core.process.notify import notify
from projections.runs.catalogue import RunCatalogue
from server.disk import room
from server.notifications import notify_of_incidents, receivers
from server.runs.health import AllRuns
from server.runs.incidents import RunsIncidents
from server.runs.open_runs import OpenRuns
from server.settings import ServerSettings

__all__ = ["REFRESH_SECONDS", "Watch"]

REFRESH_SECONDS = 2.0
"""How old a list may be; a refresh costs a `stat` of two files per run, and a reading where one changed."""

logger = logging.getLogger(__name__)


class Watch:
    """Refreshes the catalogue, and closes the runs that nobody asks for."""

    def __init__(
        self,
        settings: ServerSettings,
        catalogue: RunCatalogue,
        open_runs: OpenRuns,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self.every = AllRuns()
        self._told = receivers(settings.alarm_command, settings.alarm_url)
        self._disk_floor_bytes = settings.disk_floor_bytes
        self._memory_watch = MemoryWatch(settings.memory, lambda alarm: logger.warning("%s", alarm))
        self._catalogue = catalogue
        self._open_runs = open_runs
        self._tasks: TaskGroup | None = None

    @property
    def tasks(self) -> TaskGroup:
        """Where the feeds of open runs live."""
        assert self._tasks is not None, "the server has not started"
        return self._tasks

    @asynccontextmanager
    async def lifespan(self, _app: Litestar) -> AsyncIterator[None]:
        """Watch from before the first request until the server ends."""
        await self._refresh()
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            tasks.start_soon(self._keep_watching)
            if self._told:
                tasks.start_soon(notify_of_incidents, RunsIncidents(self.every).advance, self._told)
            yield
            self._open_runs.close_all()
            tasks.cancel_scope.cancel()

    async def _keep_watching(self) -> None:
        while True:
            await anyio.sleep(REFRESH_SECONDS)
            await self._refresh()
            self._open_runs.close_unused()
            runs, viewers = len(self._catalogue.runs), self._open_runs.viewers()
            notify(WATCHDOG="1", STATUS=f"{runs} runs, {viewers} viewers")

    async def _refresh(self) -> None:
        """Read all runs; `/healthz` says what goes wrong, and the next reading may succeed."""
        try:
            await to_thread.run_sync(self._catalogue.refresh)
            self.every.disk = room(self._catalogue.folder, self._disk_floor_bytes)
        except (HamletError, OSError) as error:
            if str(error) != self.every.problem:
                logger.warning("%s", error)
            self.every.problem = str(error)
            return
        self.every.memory = self._memory_watch.measure()
        self.every.runs, self.every.problem = self._catalogue.runs, ""
        self.every.refreshed_at = time.monotonic()
