"""A browser that was given up leaves a line in the log, not the traceback of a task of Playwright's."""

import asyncio
import gc
import logging

import pytest

from server.snapshots.process import report_abandoned
from tests.support.processes import in_own_thread


def test_a_task_that_nobody_waits_for_is_reported_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ConnectionError("Connection closed while reading from the driver\nBrowser logs: ...")

    async def work() -> None:
        asyncio.get_running_loop().set_exception_handler(report_abandoned)
        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        del task
        gc.collect()

    with caplog.at_level(logging.WARNING):
        in_own_thread(lambda: asyncio.run(work()))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        "the browser was given up: Connection closed while reading from the driver"
        " (Task exception was never retrieved)"
    )
    assert record.exc_info is None
