"""The pictures of a film: kept pages, sought from moment to moment, two drawing at the same time."""

import asyncio
import io
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from typing import Any

import msgspec
from PIL import Image
from playwright.async_api import Browser, Page

from server.film.plan import Scene, Shot
from server.snapshots.chromium import new_page
from server.snapshots.still_page import JPEG_QUALITY, open_still, picture, seek

PAGES = 2
"""Pictures drawn at the same time: one page waits for its state while the other one is painted."""

TITLE = """([title, place, hidden]) => {
  const id = "film-title";
  const found = document.getElementById(id) ?? document.body.appendChild(document.createElement("p"));
  found.id = id;
  found.textContent = title;
  Object.assign(found.style, {
    position: "fixed", transform: "translateX(-50%)", zIndex: "20", width: "max-content", maxWidth: "56%",
    padding: "0.4em 1.2em", borderRadius: "0.4em", background: "var(--accent)", color: "var(--on-accent)",
    font: "400 4vh/1.3 var(--serif)", textAlign: "center", ...place,
  });
  for (const part of hidden ? document.querySelectorAll(hidden) : []) part.style.visibility = "hidden";
}"""
"""Puts a title over the page, an element of the film, and hides what the film does not show of the page."""


class View(msgspec.Struct, frozen=True):
    """What a film shows of a run: the page at `address`, and the rest of its query string ("map=novelty").

    `title_at` is where the middle of the title stands: lengths of CSS. `hidden` selects what is hidden.
    """

    address: str
    search: str
    title_at: dict[str, str]
    hidden: str = ""


class _Canvas:
    """A kept page that draws moments of one view."""

    def __init__(self, page: Page, view: View) -> None:
        self._page = page
        self._view = view
        self._title: str | None = None

    async def draw(self, title: str, shot: Shot) -> bytes:
        step = "" if shot.step is None else f"&step={shot.step}"
        search = f"?still&episode={shot.episode}{step}&{self._view.search}"
        if self._title is None:
            await open_still(self._page, self._view.address, search)
        if title != self._title:
            await self._page.evaluate(TITLE, [title, self._view.title_at, self._view.hidden])
            self._title = title
        await seek(self._page, search, shot.episode)
        return await picture(self._page, "jpeg")


async def pictures(
    browser: Browser, view: View, scenes: Sequence[Scene], size: tuple[int, int]
) -> AsyncGenerator[tuple[Shot, bytes], None]:
    """Every shot of the scenes, in order, with its picture, JPEG.

    Raises:
        PictureError: a moment cannot be drawn.
    """
    canvases = [_Canvas(await new_page(browser, size), view) for _ in range(PAGES)]
    async for shot, drawn in _in_order(scenes, [canvas.draw for canvas in canvases]):
        yield shot, drawn


async def paired_pictures(
    browser: Browser, views: tuple[View, View], scenes: Sequence[Scene], size: tuple[int, int]
) -> AsyncGenerator[tuple[Shot, bytes], None]:
    """As `pictures`, of shots with another beside them: the first view on the left, the second on the right.

    The title of a scene is that of both sides, with " · " between them.
    """
    width, height = size
    widths = (width // 2, width - width // 2)
    left, right = [
        _Canvas(await new_page(browser, (side, height)), view)
        for side, view in zip(widths, views, strict=True)
    ]

    async def draw(title: str, shot: Shot) -> bytes:
        assert shot.beside is not None
        first, _, second = title.partition(" · ")
        halves = await asyncio.gather(left.draw(first, shot), right.draw(second, shot.beside))
        return await asyncio.to_thread(_side_by_side, halves, size)

    async for shot, drawn in _in_order(scenes, [draw]):
        yield shot, drawn


async def _in_order(
    scenes: Sequence[Scene], painters: Sequence[Callable[[str, Shot], Coroutine[Any, Any, bytes]]]
) -> AsyncGenerator[tuple[Shot, bytes], None]:
    """Let the painters draw the shots in turn, each its next one as soon as its last one was taken."""
    waiting: deque[tuple[Shot, asyncio.Task[bytes]]] = deque()
    shots = [(scene.title, shot) for scene in scenes for shot in scene.shots]
    try:
        for number, (title, shot) in enumerate(shots):
            if len(waiting) == len(painters):
                done, task = waiting.popleft()
                yield done, await task
            paint = painters[number % len(painters)]
            waiting.append((shot, asyncio.create_task(paint(title, shot))))
        while waiting:
            done, task = waiting.popleft()
            yield done, await task
    finally:
        for _, task in waiting:
            task.cancel()
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)


def _side_by_side(halves: Sequence[bytes], size: tuple[int, int]) -> bytes:
    """Two pictures as one of this size, JPEG."""
    whole, x = Image.new("RGB", size), 0
    for half in halves:
        with Image.open(io.BytesIO(half)) as part:
            whole.paste(part, (x, 0))
            x += part.width
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return out.getvalue()
