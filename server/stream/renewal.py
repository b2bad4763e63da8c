"""Keeps a page on the screen for days: a browser that fails is replaced, and one that is old, without a gap.

Browsers gain memory over days. The old one shows the page until the new one has drawn it.
"""

import asyncio
import contextlib
import logging

from core.errors import HamletError
from server.stream.screen import Screen
from server.stream.settings import StreamSettings
from server.stream.show import Show, opened_show
from server.stream.state import StateKeeper
from server.stream.status import StreamCounts

RETRY_SECONDS = 5.0

logger = logging.getLogger(__name__)


async def keep_showing(
    settings: StreamSettings, screen: Screen, counts: StreamCounts, state: StateKeeper
) -> None:
    """Show the page until cancelled."""
    shown: contextlib.AsyncExitStack | None = None
    old: Show | None = None
    watching: asyncio.Task[str] | None = None
    said = ""
    try:
        while True:
            stack = contextlib.AsyncExitStack()
            try:
                show: Show = await stack.enter_async_context(opened_show(settings, screen))
            except HamletError as error:
                if str(error) != said:
                    logger.warning("%s; trying again", error)
                    said = str(error)
                if shown is None:
                    state.set("starting", said)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            said = ""
            show.begin()
            if shown is not None and old is not None:
                old.to_screen = False
                counts.browsers += 1
                assert watching is not None
                watching.cancel()
                await shown.aclose()
            shown, old, watching = stack, show, asyncio.create_task(show.watch())
            done, _ = await asyncio.wait({watching}, timeout=settings.renew_seconds)
            if done:
                logger.warning("the browser is replaced: %s", watching.result())
    finally:
        if watching is not None:
            watching.cancel()
        if shown is not None:
            await shown.aclose()
