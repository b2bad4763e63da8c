"""The snapshot process: one for each folder (it holds a lock); signals end it. `worker` has its work."""

import contextlib
import os

import anyio

from core.process.lock import exclusive
from core.process.signals import shutdown_signals
from core.process.whole_file import kept_whole
from server.snapshots.gallery import INDEX_NAME
from server.snapshots.settings import SnapshotSettings
from server.snapshots.worker import Worker

NICENESS = 5
"""Lower priority than the trainer: pictures may be late."""


def watch(settings: SnapshotSettings) -> None:
    """Work until a signal asks to end.

    Raises:
        AlreadyRunningError: another worker writes into the same folder.
        StoreError: the folder cannot be written.
    """
    os.nice(NICENESS)
    with (
        exclusive(settings.run.snapshots / INDEX_NAME, "server snapshots"),
        kept_whole(settings.run.read_model),
    ):
        anyio.run(_watch, settings)


def make_once(settings: SnapshotSettings, what: str) -> list[str]:
    """Make one thing now, beside a running worker or without: "screenshot", "gif" or "csv"; the files' names.

    Raises:
        HamletError: it cannot be made.
    """
    with kept_whole(settings.run.read_model):
        return anyio.run(_make_once, settings, what)


async def _watch(settings: SnapshotSettings) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Worker(settings).work)
        with anyio.open_signal_receiver(*shutdown_signals()) as signals:
            async for _ in signals:
                tasks.cancel_scope.cancel()
                return


async def _make_once(settings: SnapshotSettings, what: str) -> list[str]:
    with contextlib.closing(Worker(settings)) as worker:
        if what == "gif":
            return await worker.missing_gifs()
        return [await (worker.screenshot() if what == "screenshot" else worker.export())]
