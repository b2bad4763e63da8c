"""What a shared link shows before it is opened: Open Graph tags for the head of each page.

The programs that show previews run no script, so the server writes the tags. They need whole addresses, which
are made of the request's own host; where that is no host's name, the tags that need one are left out.
"""

import re
from html import escape
from urllib.parse import quote

import msgspec

from server.snapshots.gallery import Gallery

SITE = "Hamlet"
HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
EPISODE = re.compile(r"[1-9]\d{0,8}")
STILL_PICTURE = "preview.png"
"""Shown where the snapshot worker has no picture; a file of the dashboard."""

DESCRIPTIONS = {
    "stream": "A little town in which an agent learns to live, shown round the clock.",
    "compare": "Runs of the little town side by side: how each agent learnt to live.",
    "runs": "Runs of the little town: how each agent learns to live.",
    "editor": "An editor for towns in which an agent can learn to live.",
    "gallery": "Pictures and tables of a run: how an agent learnt to live in a little town.",
}
CHOSEN_BY_QUERY = frozenset({"compare"})
"""Pages whose address without its question shows something else: their previews name no address."""
DESCRIPTION = "A little town in which an agent learns to live, shown while it learns."


class Shared(msgspec.Struct, frozen=True):
    """The page that a link names.

    `page` is its path without slashes ("" for the dashboard), `origin` the scheme and host ("https://example.org"),
    None if the request names none; `root_path` as in the settings; `episode` None for the present; `run` the
    name of the run, "" where the server has only one and for pages about all runs.
    """

    page: str
    origin: str | None
    root_path: str
    episode: int | None
    run: str = ""


def shared_page(
    page: str, scheme: str, host: str, root_path: str, episode: str | None, run: str = ""
) -> Shared:
    """The page that a request asks for; what the request says wrongly is left out."""
    known = HOST.fullmatch(host) and scheme in ("http", "https")
    asked = EPISODE.fullmatch(episode or "")
    return Shared(
        page="" if page == "index.html" else page,
        origin=f"{scheme}://{host}" if known else None,
        root_path=root_path,
        episode=int(asked[0]) if asked and page in ("", "index.html") else None,
        run=run,
    )


def preview_tags(shared: Shared, gallery: Gallery) -> str:
    """The tags, as HTML for a `<head>`."""
    moment = f"episode {shared.episode:,}" if shared.episode is not None else shared.page
    named = ", ".join(part for part in (shared.run, moment) if part)
    title = f"{SITE}: {named}" if named else SITE
    description = DESCRIPTIONS.get(shared.page, DESCRIPTION)
    if shared.episode is not None:
        description = f"The little town after episode {shared.episode:,}, and what the agent knew by then."
    tags = {"og:site_name": SITE, "og:type": "website", "og:title": title, "og:description": description}
    if shared.origin is not None:
        base = f"{shared.origin}{shared.root_path}/"
        query = f"?episode={shared.episode}" if shared.episode is not None else ""
        if shared.page not in CHOSEN_BY_QUERY:
            tags["og:url"] = f"{base}{shared.page}{query}"
        tags["og:image"] = base + _picture(shared.episode, gallery)
        tags["og:image:alt"] = "The town, drawn as a grid of cells, and what the agent has learnt so far"
    lines = [f'<meta property="{name}" content="{escape(value)}" />' for name, value in tags.items()]
    return "".join([*lines, '<meta name="twitter:card" content="summary_large_image" />'])


def _picture(episode: int | None, gallery: Gallery) -> str:
    """The GIF of novelty from then, or the newest screenshot; without one the dashboard's own picture."""
    if episode is not None:
        of_then = [gif.name for gif in gallery.gifs if gif.first <= episode <= gif.last]
        return f"snapshots/{quote(of_then[-1])}" if of_then else STILL_PICTURE
    return f"snapshots/{quote(gallery.screenshots[-1].name)}" if gallery.screenshots else STILL_PICTURE
