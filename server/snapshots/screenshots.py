"""Screenshots of the dashboard, taken with a real Chromium.

Every screenshot has a new browser context, and after some screenshots the browser is replaced. Everything has
a time limit: when a browser hangs or ends, that screenshot fails and the browser is killed with all its
processes.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psutil
from playwright.async_api import Browser, Error, Page, Playwright, ViewportSize, async_playwright
from playwright.async_api import TimeoutError as PageTimeoutError

from core.errors import HamletError

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # a part of a picture that is drawn anew differs by a shade from the same part drawn with the rest
    "--disable-partial-raster",
)  # fmt: skip
VIEWPORT = ViewportSize(width=1920, height=1080)
SHOTS_PER_BROWSER = 50
SHOT_SECONDS = 60.0
STATE_SECONDS = 10.0
"""How long to wait for the page to receive a state; a page without one is not the dashboard."""
SETTLED_MS = 45_000
"""How long to wait for a page, once it has a state, to be drawn completely: a busy server answers late."""
SETTLED = "html[data-settled]"
"""The page's own mark that a moment is drawn completely (`frontend/src/app/useSettled.ts`)."""
CLOSE_SECONDS = 5.0

logger = logging.getLogger(__name__)


class ScreenshotError(HamletError):
    """A screenshot failed; the next one gets a new browser."""


class ScreenshotBrowser:
    """A browser that is started when needed, and replaced after `SHOTS_PER_BROWSER` or after an error."""

    def __init__(self, shot_seconds: float = SHOT_SECONDS) -> None:
        self._shot_seconds = shot_seconds
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._processes: set[psutil.Process] = set()
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._shots = 0

    async def capture(self, url: str) -> bytes:
        """A PNG of the page at `url`.

        Raises:
            ScreenshotError: no Chromium, no page, or no picture within the time limit.
        """
        try:
            async with asyncio.timeout(self._shot_seconds):
                browser = await self._ready_browser()
                context = await browser.new_context(viewport=VIEWPORT, reduced_motion="reduce")
                picture = await _shoot(await context.new_page(), url)
                await context.close()
        except ScreenshotError:
            await self.close()
            raise
        except (Error, TimeoutError, OSError) as error:
            await self.close()
            lines = str(error).splitlines() or [f"nothing within {self._shot_seconds:.0f} s"]
            raise ScreenshotError(f"no screenshot of {url}: {lines[0]}") from error
        self._shots += 1
        if self._shots >= SHOTS_PER_BROWSER:
            await self.close()
        return picture

    async def close(self) -> None:
        """End the browser, by force if it does not end by itself."""
        playwright, self._playwright = self._playwright, None
        self._browser, self._shots = None, 0
        if playwright is not None:
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await playwright.stop()
            except (Error, TimeoutError, OSError) as error:
                logger.warning(
                    "the browser did not end by itself and is killed (%s)", str(error) or "time is up"
                )
        processes, self._processes = self._processes, set()
        for process in processes:
            if process.is_running():
                process.kill()
        psutil.wait_procs(processes, timeout=CLOSE_SECONDS)
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    async def _ready_browser(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            await self.close()
            before = _children()
            # a killed browser leaves its profile behind: keep it where we can remove it
            self._scratch = tempfile.TemporaryDirectory(prefix="hamlet-browser-", ignore_cleanup_errors=True)
            try:
                with _environment("TMPDIR", self._scratch.name):
                    self._playwright = await _start_playwright()
                self._browser = await self._playwright.chromium.launch(
                    executable_path=find_chromium(), args=CHROMIUM_FLAGS
                )
            finally:
                self._processes = _children() - before
        return self._browser


async def _start_playwright() -> Playwright:
    try:
        return await async_playwright().start()
    except Exception as error:
        # Playwright raises a bare exception when its driver, a separate program, ends at once
        raise Error(f"Playwright's driver does not start ({error}); does it miss libatomic1?") from error


def find_chromium() -> str | None:
    """The system's Chromium; None leaves it to Playwright to find its own."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """Let processes started meanwhile inherit a variable."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


async def _shoot(page: Page, url: str) -> bytes:
    """Open the page; take a screenshot once the page shows a state.

    Raises:
        ScreenshotError: the address answers with an error, or with a page that shows no state.
    """
    has_state = asyncio.Event()

    def on_frame(payload: str | bytes) -> None:
        if isinstance(payload, str) and '"state_update"' in payload:
            has_state.set()

    page.on("websocket", lambda socket: socket.on("framereceived", on_frame))
    answer = await page.goto(still_address(url), wait_until="load")
    if answer is None or not answer.ok:
        status = "nothing" if answer is None else f"status {answer.status}"
        raise ScreenshotError(f"no screenshot of {url}: it answers with {status}")
    try:
        async with asyncio.timeout(STATE_SECONDS):
            await has_state.wait()
    except TimeoutError:
        raise ScreenshotError(
            f"no screenshot of {url}: the page received no state within {STATE_SECONDS:.0f} s;"
            " is it the dashboard?"
        ) from None
    try:
        await page.wait_for_selector(SETTLED, state="attached", timeout=SETTLED_MS)
    except PageTimeoutError:
        raise ScreenshotError(
            f"no screenshot of {url}: the page was not drawn completely within {SETTLED_MS / 1000:.0f} s"
        ) from None
    return await page.screenshot(type="png")


def still_address(url: str) -> str:
    """The address at which the page at `url` draws one moment and nothing on it moves."""
    parts = urlsplit(url)
    if "still" in parse_qs(parts.query, keep_blank_values=True):
        return url
    return urlunsplit(parts._replace(query=f"{parts.query}&still".removeprefix("&")))


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))
