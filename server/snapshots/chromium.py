"""Chromium for as long as pictures of history are taken: several kept pages, ended with all its processes."""

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator

import psutil
from playwright.async_api import Browser, Error, Page, ViewportSize, async_playwright

from server.snapshots.screenshots import CHROMIUM_FLAGS, find_chromium
from server.snapshots.still_page import PictureError

END_SECONDS = 5.0


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser for the length of the block; it leaves neither processes nor files behind.

    Raises:
        PictureError: there is no Chromium, or it does not start.
    """
    before = _children()
    with tempfile.TemporaryDirectory(prefix="hamlet-browser-", ignore_cleanup_errors=True) as scratch:
        try:
            playwright = await async_playwright().start()
        except Exception as error:  # Playwright raises a bare exception when its driver does not start
            raise PictureError(f"Playwright's driver does not start ({error})") from error
        drivers = _children() - before
        try:
            try:
                browser = await playwright.chromium.launch(
                    executable_path=find_chromium(),
                    args=CHROMIUM_FLAGS,
                    env={**os.environ, "TMPDIR": scratch},
                )
            except Error as error:
                raise PictureError(
                    "no Chromium starts; install the system's (apt-get install chromium) or"
                    f" `playwright install chromium` ({str(error).splitlines()[0]})"
                ) from error
            yield browser
        finally:
            ours = drivers.union(*map(_below, drivers))
            with contextlib.suppress(Error):
                await playwright.stop()
            _, alive = psutil.wait_procs(ours, timeout=END_SECONDS)
            for process in alive:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()


async def new_page(browser: Browser, size: tuple[int, int]) -> Page:
    """An empty page whose screen is `size` (width, height) in pixels."""
    viewport = ViewportSize(width=size[0], height=size[1])
    context = await browser.new_context(viewport=viewport, reduced_motion="reduce")
    return await context.new_page()


def _children() -> set[psutil.Process]:
    """The processes that this one has started itself; not all below it, which another browser may have."""
    return set(psutil.Process().children())


def _below(process: psutil.Process) -> set[psutil.Process]:
    try:
        return set(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return set()
