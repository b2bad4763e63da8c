"""The snapshot process: one for each folder (it holds a lock); signals end it. `worker` has its work."""

import asyncio
import contextlib
import logging
import os
from typing import Any

import anyio

from core.process.lock import exclusive
from core.process.signals import shutdown_signals
from core.process.whole_file import kept_whole
from server.snapshots.gallery import INDEX_NAME
from server.snapshots.settings import SnapshotSettings
from server.snapshots.worker import Worker

NICENESS = 5
"""Lower priority than the trainer: pictures may be late."""

logger = logging.getLogger(__name__)


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


def report_abandoned(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log in one line what a task ended with that nobody waited for.

    Such tasks are Playwright's: a browser that takes too long is killed, and what waited for it ends with an
    error. The worker has logged the failure itself, and goes on.
    """
    error = str(context.get("exception") or "").partition("\n")[0]
    logger.warning("the browser was given up: %s (%s)", error or "no answer", context["message"])


async def _watch(settings: SnapshotSettings) -> None:
    asyncio.get_running_loop().set_exception_handler(report_abandoned)
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
