"""The runs whose dashboards are open: opened at the first request for one, closed when no more come."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup

from projections.readmodels import ReadModels
from projections.runs.catalogue import ListedRun, RunCatalogue
from server.frontend import Frontend
from server.run_app import RunApp
from server.settings import ServerSettings

__all__ = ["IDLE_SECONDS", "OpenRun", "OpenRuns"]

IDLE_SECONDS = 60.0
"""A run without a viewer and without a request for so long is closed."""


class OpenRun:
    """A run's dashboard with the requests that are being answered, each in a scope that can be cancelled."""

    def __init__(self, shown: RunApp, listed: ListedRun, tasks: TaskGroup, now: float) -> None:
        self.shown = shown
        self.folder = listed.folder
        self.used_at = now
        self._requests: set[anyio.CancelScope] = set()
        self._feed = anyio.CancelScope()
        tasks.start_soon(self._run_feed)

    @property
    def in_use(self) -> bool:
        """Whether a request or a viewer is being answered."""
        return bool(self._requests)

    @asynccontextmanager
    async def request(self, clock: Callable[[], float]) -> AsyncIterator[RunApp]:
        """Keep the run open for the length of one request or WebSocket."""
        with anyio.CancelScope() as scope:
            self._requests.add(scope)
            try:
                yield self.shown
            finally:
                self._requests.discard(scope)
                self.used_at = clock()

    def close(self) -> None:
        """End the feed, and every request that is still being answered."""
        for scope in list(self._requests):
            scope.cancel()
        self._feed.cancel()

    async def _run_feed(self) -> None:
        with self._feed:
            await self.shown.feed.run()
        self.shown.close()


class OpenRuns:
    """The open runs by run id."""

    def __init__(
        self,
        settings: ServerSettings,
        catalogue: RunCatalogue,
        frontend: Frontend,
        read_models: ReadModels,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._frontend = frontend
        self._read_models = read_models
        self._clock = clock
        self._open: dict[str, OpenRun] = {}
        self._closed = Counter[str]()

    def viewers(self) -> int:
        """How many WebSockets are connected, at all runs together."""
        return sum(len(run.shown.hub.viewers) for run in self._open.values())

    def refused(self) -> int:
        """Connections over the limit since the start, at all runs together."""
        return self._closed["refused"] + sum(run.shown.hub.refused for run in self._open.values())

    def published(self) -> int:
        """Messages published since the start, at all runs together."""
        return self._closed["published"] + sum(run.shown.hub.published for run in self._open.values())

    def conflated(self) -> int:
        """Updates that were replaced before a slow viewer read them, at all runs together."""
        return self._closed["conflated"] + sum(run.shown.hub.conflated for run in self._open.values())

    def get(self, run_id: str, tasks: TaskGroup) -> OpenRun | None:
        """The open run, opened now if need be; None if no run is shown under this id."""
        listed = self._catalogue.find(run_id)
        found = self._open.get(run_id)
        if found is not None and (listed is None or listed.folder != found.folder):
            self._close(run_id)
            found = None
        if found is None and listed is not None:
            found = self._open[run_id] = OpenRun(self._shown(run_id, listed), listed, tasks, self._clock())
        return found

    def close_unused(self) -> None:
        """Close the runs without a request for `IDLE_SECONDS`, and those whose directory is gone."""
        now = self._clock()
        for run_id, run in list(self._open.items()):
            listed = self._catalogue.find(run_id)
            gone = listed is None or listed.folder != run.folder
            if gone or (not run.in_use and now - run.used_at > IDLE_SECONDS):
                self._close(run_id)

    def close_all(self) -> None:
        """Close every run."""
        for run_id in list(self._open):
            self._close(run_id)

    def _close(self, run_id: str) -> None:
        run = self._open.pop(run_id)
        hub = run.shown.hub
        # counters never fall: Prometheus would take that for a restart
        self._closed.update(refused=hub.refused, published=hub.published, conflated=hub.conflated)
        run.close()

    def _shown(self, run_id: str, listed: ListedRun) -> RunApp:
        frontend = self._frontend.below(f"/runs/{run_id}", listed.folder.name)
        return RunApp(
            self._settings,
            listed.folder.files,
            frontend,
            self._read_models,
            supervised=False,
            connected=self.viewers,
        )
