"""The stream process: one for each run (it holds a lock); signals end it. `stream` has its work."""

import asyncio
import logging

import anyio

from core.errors import StoreError
from core.process.lock import exclusive
from core.process.notify import notify
from core.process.signals import shutdown_signals
from server.snapshots.process import report_abandoned
from server.stream.settings import StreamSettings
from server.stream.status import STATUS_NAME, StreamStatus, write_status
from server.stream.stream import Stream

logger = logging.getLogger(__name__)


def run_stream(settings: StreamSettings) -> None:
    """Stream until a signal asks to end.

    Raises:
        AlreadyRunningError: another process streams this run.
        StoreError: the folder of the snapshots cannot be written.
    """
    with exclusive(settings.run.snapshots / STATUS_NAME, "server stream"):
        anyio.run(_run, settings)


async def _run(settings: StreamSettings) -> None:
    asyncio.get_running_loop().set_exception_handler(report_abandoned)
    folder = settings.run.snapshots
    said = ""

    def report(status: StreamStatus) -> None:
        nonlocal said
        counts = status.counts
        text = f"{status.state}, {counts.sent} frames sent, {counts.reconnects} reconnects"
        notify(WATCHDOG="1", STATUS=f"{text}; {status.problem}" if status.problem else text)
        try:
            write_status(folder, status)
            said = ""
        except StoreError as error:
            if str(error) != said:
                logger.warning("%s", error)
            said = str(error)

    notify(READY="1")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Stream(settings, report).run)
        with anyio.open_signal_receiver(*shutdown_signals()) as signals:
            async for _ in signals:
                notify(STOPPING="1")
                tasks.cancel_scope.cancel()
                return
