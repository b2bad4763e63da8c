"""A page that is opened once and sought from moment to moment, for pictures of history and films.

The page is a function of its address (`?still`, `frontend/src/lib/still.ts`), and `data-settled` says when a
moment is drawn completely, so nothing here waits for a time.
"""

from typing import Literal

from playwright.async_api import Error, Page
from playwright.async_api import TimeoutError as PageTimeoutError

from core.errors import HamletError
from server.snapshots.screenshots import SETTLED, SETTLED_MS

JPEG_QUALITY = 94

SEEK = """([search, patience]) => new Promise((resolve, reject) => {
  const root = document.documentElement;
  history.replaceState(null, "", search);
  window.dispatchEvent(new PopStateEvent("popstate"));
  const late = setTimeout(() => { marks.disconnect(); reject(new Error("not drawn completely")); }, patience);
  const marks = new MutationObserver(() => {
    if (root.dataset.settled === undefined) return;
    marks.disconnect();
    clearTimeout(late);
    resolve(Number(root.dataset.settled));
  });
  marks.observe(root, { attributes: true });
})"""


class PictureError(HamletError):
    """A moment cannot be drawn."""


async def open_still(page: Page, url: str, search: str) -> None:
    """Open the page at `url`, whose query string is `search` ("?still&…"), and wait until it is drawn.

    Raises:
        PictureError: the address does not answer with a page that says when it is drawn.
    """
    try:
        answer = await page.goto(url + search, wait_until="load")
        if answer is None or not answer.ok:
            raise PictureError(f"{url}: answers with {answer.status if answer else 'nothing'}")
        await page.wait_for_selector(SETTLED, state="attached", timeout=SETTLED_MS)
    except PageTimeoutError:
        raise PictureError(
            f"{url}: the page was not drawn completely within {SETTLED_MS / 1000:.0f} s; is it the dashboard?"
        ) from None


async def seek(page: Page, search: str, episode: int) -> None:
    """Let an opened page draw the moment of the query string `search`, which names `episode`.

    Raises:
        PictureError: the run has no such episode, or the page does not draw it.
    """
    try:
        drawn = await page.evaluate(SEEK, [search, SETTLED_MS])
    except Error as error:
        raise PictureError(f"episode {episode}: {str(error).splitlines()[0]}") from error
    if drawn != episode:
        raise PictureError(f"episode {episode}: this run has no such episode; its newest is {drawn}")


async def picture(page: Page, kind: Literal["png", "jpeg"] = "png", full_page: bool = False) -> bytes:
    """What the page shows, as the bytes of a file of this kind."""
    if kind == "png":
        return await page.screenshot(type="png", full_page=full_page)
    return await page.screenshot(type="jpeg", quality=JPEG_QUALITY, full_page=full_page)
