"""Two tabs of a real browser that stay open for a whole soak, and what each holds in memory.

A page that viewers leave open for days must not grow: every figure is taken after a garbage collection, so
that it counts what the page keeps and not what the collector has yet to free.
"""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import CDPSession, ConsoleMessage, Page, async_playwright

MIB = 2**20
PATHS = {"dashboard": "/", "stream": "/stream"}
"""Name of a tab → the address that it keeps open."""
SIZE = {"width": 1440, "height": 900}
SYSTEM_CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
TIMEOUT_MS = 120_000
MEASURE_EVERY_SECONDS = 30.0
"""Between two measurements: each collects the garbage of a tab first, which the tab itself does rarely."""


class Tab:
    """One open page; `complaints` holds what it should not have met: errors and reloads."""

    def __init__(self, name: str, page: Page, session: CDPSession) -> None:
        self.name = name
        self.complaints: list[str] = []
        self._page = page
        self._session = session
        self._busy_seconds = math.nan
        self._measured_at = math.nan
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._complain(f"met an error: {error}"))
        page.on("crash", lambda _: self._complain("crashed"))
        page.on("domcontentloaded", self._loaded)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complain(f"said: {message.text}")

    def _loaded(self, page: Page) -> None:
        """Report a reload, which would hide that the page grew before it."""
        if not math.isnan(self._measured_at):
            self._complain(f"loaded {page.url} again")

    def _complain(self, text: str) -> None:
        if len(self.complaints) < 20:
            self.complaints.append(f"{time.strftime('%H:%M:%S')} the {self.name} tab {text}"[:400])

    async def measure(self) -> dict[str, float]:
        """JavaScript heap (MiB), DOM nodes, event listeners, and the share (%) of the time that was work.

        The share is that of the page's main thread since the call before, NaN on the first call.
        """
        await self._session.send("HeapProfiler.collectGarbage")
        answer = await self._session.send("Performance.getMetrics")
        told = {one["name"]: float(one["value"]) for one in answer["metrics"]}
        now, busy = time.monotonic(), told["TaskDuration"]
        share = 100 * (busy - self._busy_seconds) / (now - self._measured_at)
        self._busy_seconds, self._measured_at = busy, now
        return {
            f"{self.name}.heap": told["JSHeapUsedSize"] / MIB,
            f"{self.name}.nodes": told["Nodes"],
            f"{self.name}.listeners": told["JSEventListeners"],
            f"{self.name}.busy": share,
        }


class Tabs:
    """All open tabs."""

    def __init__(self, tabs: list[Tab]) -> None:
        self._tabs = tabs
        self._due = -math.inf

    async def measure(self) -> dict[str, float]:
        """What `Tab.measure` says of each; NaN between two measurements, so that samples keep their names."""
        if time.monotonic() < self._due:
            kinds = ("heap", "nodes", "listeners", "busy")
            return {f"{tab.name}.{kind}": math.nan for tab in self._tabs for kind in kinds}
        self._due = time.monotonic() + MEASURE_EVERY_SECONDS
        measured: dict[str, float] = {}
        for tab in self._tabs:
            measured |= await tab.measure()
        return measured

    @property
    def complaints(self) -> list[str]:
        """What the tabs should not have met."""
        return [complaint for tab in self._tabs for complaint in tab.complaints]


@asynccontextmanager
async def open_tabs(address: str) -> AsyncIterator[Tabs]:
    """A browser with a tab for every entry of `PATHS`, each with a profile and a window of its own.

    `address` is that of the server ("http://127.0.0.1:8765"). Chromium is the system's where there is one.
    """
    path = SYSTEM_CHROMIUM if SYSTEM_CHROMIUM.exists() else None
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            tabs = []
            for name, path_of_tab in PATHS.items():
                context = await chromium.new_context(viewport=SIZE)
                page = await context.new_page()
                session = await context.new_cdp_session(page)
                await session.send("Performance.enable", {"timeDomain": "threadTicks"})
                tab = Tab(name, page, session)
                await page.goto(address + path_of_tab, timeout=TIMEOUT_MS)
                tabs.append(tab)
            yield Tabs(tabs)
        finally:
            await chromium.close()
