"""The pictures of a film: one kept page, sought from moment to moment."""

from collections.abc import AsyncIterator, Sequence

from playwright.async_api import Browser

from server.film.plan import Scene, Shot
from server.snapshots.chromium import new_page
from server.snapshots.still_page import open_still, picture, seek

TITLE = """(title) => {
  const id = "film-title";
  const found = document.getElementById(id) ?? document.body.appendChild(document.createElement("p"));
  found.id = id;
  found.textContent = title;
  Object.assign(found.style, {
    position: "fixed", left: "71%", bottom: "12.5vh", transform: "translateX(-50%)", zIndex: "20",
    padding: "0.4em 1.2em", borderRadius: "0.4em", background: "var(--accent)", color: "var(--on-accent)",
    font: "400 4vh/1.3 var(--serif)", whiteSpace: "nowrap",
  });
}"""
"""Puts a title over the page. It is an element of the film, not of the page."""


async def pictures(
    browser: Browser, address: str, scenes: Sequence[Scene], size: tuple[int, int], theme: str, view: str
) -> AsyncIterator[tuple[Shot, bytes]]:
    """Every shot of the scenes with its picture, JPEG; `view` is the rest of the address ("map=novelty").

    Raises:
        PictureError: a moment cannot be drawn.
    """
    page = await new_page(browser, size)
    opened = False
    for scene in scenes:
        for shot in scene.shots:
            step = "" if shot.step is None else f"&step={shot.step}"
            search = f"?still&episode={shot.episode}{step}&theme={theme}&{view}"
            if not opened:
                await open_still(page, f"{address}stream", search)
                opened = True
            if shot is scene.shots[0]:
                await page.evaluate(TITLE, scene.title)
            await seek(page, search, shot.episode)
            yield shot, await picture(page, "jpeg")
