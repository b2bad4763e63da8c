"""The page of a stream in a headless browser, whose pictures go to a screen.

Chromium sends a picture only when the page has drawn something new, and no more than two before it is told
that they have come. They are acknowledged at the stream's own rate, so it draws no more than is sent.
"""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from playwright.async_api import Browser, CDPSession, Error, Page, ViewportSize

from server.snapshots.chromium import chromium
from server.snapshots.still_page import PictureError
from server.stream.screen import Screen
from server.stream.settings import StreamSettings

JPEG_QUALITY = 88
OPEN_SECONDS = 60.0
FIRST_PICTURE_SECONDS = 60.0
CHECK_SECONDS = 10.0
ANSWER_SECONDS = 30.0
"""A page that does not answer for so long hangs."""
STILL_SECONDS = 180.0
"""The page never stands still for so long: its browser has stopped to send pictures."""
STATE_SECONDS = 30.0
STAGE = ".stream .town"
"""What the page shows once it has a state."""


class Show:
    """One browser with the page; `to_screen` says whether its pictures are shown."""

    def __init__(self, screen: Screen, page: Page, session: CDPSession, fps: int) -> None:
        self.to_screen = False
        self._screen = screen
        self._page = page
        self._session = session
        self._fps = fps
        self._unacknowledged: list[int] = []
        self._newest: bytes | None = None
        self._first = asyncio.Event()
        self._drawn_at = asyncio.get_running_loop().time()
        session.on("Page.screencastFrame", self._receive)

    async def first_picture(self) -> None:
        """Wait for a picture.

        Raises:
            PictureError: none comes.
        """
        try:
            async with asyncio.timeout(FIRST_PICTURE_SECONDS):
                await self._first.wait()
        except TimeoutError:
            raise PictureError(f"no picture of the page within {FIRST_PICTURE_SECONDS:.0f} s") from None

    def begin(self) -> None:
        """From now on the pictures are shown."""
        self.to_screen = True
        if self._newest is not None:
            self._screen.show(self._newest)

    async def watch(self) -> str:
        """Acknowledge pictures until something is wrong with the browser; returns what."""
        checks = asyncio.create_task(self._check())
        try:
            while not checks.done():
                await asyncio.sleep(1 / self._fps)
                numbers, self._unacknowledged = self._unacknowledged, []
                for number in numbers:
                    await self._session.send("Page.screencastFrameAck", {"sessionId": number})
            return await checks
        except Error as error:
            return str(error).splitlines()[0]
        finally:
            checks.cancel()

    async def _check(self) -> str:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._page.evaluate("1")
            except TimeoutError:
                return f"the page has not answered for {ANSWER_SECONDS:.0f} s"
            except Error as error:
                return str(error).splitlines()[0]
            if loop.time() - self._drawn_at > STILL_SECONDS:
                return f"the browser has sent no picture for {STILL_SECONDS:.0f} s"

    def _receive(self, frame: dict[str, Any]) -> None:
        self._unacknowledged.append(frame["sessionId"])
        self._newest = base64.b64decode(frame["data"])
        self._drawn_at = asyncio.get_running_loop().time()
        self._first.set()
        if self.to_screen:
            self._screen.show(self._newest)


@contextlib.asynccontextmanager
async def opened_show(settings: StreamSettings, screen: Screen) -> AsyncIterator[Show]:
    """A browser with the page, which has drawn its first picture; both are ended with the block.

    Raises:
        PictureError: there is no browser, or no page.
    """
    async with chromium() as browser:
        try:
            page, session = await _open(browser, settings)
            show = Show(screen, page, session, settings.fps)
            width, height = settings.size
            await session.send(
                "Page.startScreencast",
                {"format": "jpeg", "quality": JPEG_QUALITY, "maxWidth": width, "maxHeight": height},
            )
            await show.first_picture()
        except Error as error:
            raise PictureError(f"{settings.url}: {str(error).splitlines()[0]}") from error
        yield show


async def _open(browser: Browser, settings: StreamSettings) -> tuple[Page, CDPSession]:
    viewport = ViewportSize(width=settings.size[0], height=settings.size[1])
    context = await browser.new_context(viewport=viewport)
    page = await context.new_page()
    answer = await page.goto(settings.url, wait_until="load", timeout=OPEN_SECONDS * 1000)
    if answer is None or not answer.ok:
        raise PictureError(f"{settings.url}: answers with {answer.status if answer else 'nothing'}")
    # a run that has not begun has no stage yet, and is shown as that
    with contextlib.suppress(Error):
        await page.wait_for_selector(STAGE, timeout=STATE_SECONDS * 1000)
    return page, await context.new_cdp_session(page)
