"""Write the story of a run: `story.html` for reading, `story.md` with pictures for a blog."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw
from markdown_it import MarkdownIt

from core.definitions import WINDOW
from core.resources import TEACHING, resource_folder
from projections.pack.page import page
from projections.pack.story.citations import Citations
from projections.pack.story.material import FAILURES, Failure, material_of
from projections.pack.story.pictures import Curve, chart_picture, town_picture
from projections.pack.story.templates import render
from projections.readmodels.curriculum import read_stage_bands
from projections.readmodels.series import read_series
from projections.state import read_state

TEMPLATE = "story.md.j2"
PICTURES = "story-pictures"
POINTS = 300
STYLE = """
body { max-width: 62rem; }
main > * { max-width: 40rem; }
main > .scene, main > figure.chart { max-width: none; }
main > figure.chart svg { width: 100%; max-width: 46rem; }
.scene { display: grid; grid-template-columns: minmax(0, 40rem) minmax(0, 1fr); gap: 2rem; }
.scene > figure { grid-column: 2; grid-row: 1; position: sticky; top: 1rem; align-self: start; margin: 0; }
.scene > figure svg { max-height: 24rem; max-width: 100%; }
.scene > .words { grid-column: 1; grid-row: 1; min-width: 0; }
sup { line-height: 0; }
sup a { padding: 0 .15rem; text-decoration: none; font-size: .75rem; }
ol li { overflow-wrap: anywhere; font-size: .85rem; }
ol li:target, ol li:has(a:target) { background: var(--accent-soft); }
@media (max-width: 760px) {
  figure.chart { overflow-x: auto; }
  main > figure.chart svg, .words figure.chart svg { min-width: 34rem; }
  .scene { display: block; }
  .scene > figure { position: static; max-width: 20rem; margin: 1rem 0; }
}
@media print {
  .scene > figure { position: static; }
  .words a { color: inherit; text-decoration: none; }
}
"""


class Medium:
    """How scenes and charts are written: into the page, or as files beside the Markdown."""

    def __init__(self, connection: apsw.Connection, folder: Path, *, inline: bool) -> None:
        self._connection = connection
        self._folder = folder
        self._inline = inline
        self.end_scene = "\n\n</div>\n</div>\n" if inline else ""

    def scene(self, episode: int) -> str:
        """The town at the end of an episode, beside the text that follows."""
        state = read_state(self._connection, episode)
        if state is None:
            return ""
        heat = state.heatmap
        where = f"where the agents were in the episodes {heat.first:,} to {heat.last:,}"
        title = f"The town after episode {episode:,}: {where}"
        link = f"dashboard/index.html#/?episode={episode}"
        picture = town_picture(heat, state.layout, title)
        if not self._inline:
            return self._file(f"town-{episode}", picture, title, link)
        caption = f'{title}. <a href="{link}">Go there</a>'
        figure = f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"
        return f'<div class="scene">\n{figure}\n<div class="words">\n'

    def failure_scene(self, failure: Failure) -> str:
        """The town at a failure, with a link to the step at which it begins."""
        step = f"&step={failure.step}" if failure.step is not None else ""
        link = f"dashboard/index.html#/?episode={failure.episode}{step}"
        return f"{self.scene(failure.episode)}\n\n[Watch it happen in episode {failure.episode:,}]({link}).\n"

    def chart(self, title: str, name: str, picture: str) -> str:
        """A chart across the page."""
        if not self._inline:
            return self._file(name, picture, title, "dashboard/index.html")
        return f'<figure class="chart">{picture}<figcaption>{title}</figcaption></figure>'

    def _file(self, name: str, picture: str, title: str, link: str) -> str:
        pictures = self._folder / PICTURES
        pictures.mkdir(exist_ok=True)
        # on the white paper of a blog
        drawn = picture.replace('fill="currentColor">', 'fill="#222" color="#222">', 1)
        (pictures / f"{name}.svg").write_text(drawn, encoding="utf-8")
        return f"[![{title}]({PICTURES}/{name}.svg)]({link})"


def write_story(folder: Path, connection: apsw.Connection) -> None:
    """Write `story.html`, `story.md` and the pictures of the latter to `folder`.

    Raises:
        StoreError: no episode has finished yet.
        OSError: a file cannot be written.
    """
    template = (resource_folder(TEACHING) / TEMPLATE).read_text(encoding="utf-8")
    material = material_of(connection)
    charts = _charts(connection, material)
    text = _text(template, material, charts, Medium(connection, folder, inline=False))
    (folder / "story.md").write_text(text, encoding="utf-8")
    text = _text(template, material, charts, Medium(connection, folder, inline=True))
    body = MarkdownIt("commonmark", {"html": True}).render(text)
    title = f"What happens when an agent learns for {material['duration'].text} straight"
    (folder / "story.html").write_text(page(title, body, STYLE), encoding="utf-8")


def _text(template: str, material: dict[str, Any], charts: dict[str, tuple[str, str]], medium: Medium) -> str:
    citations = Citations()
    newest, move = material["newest"], material["move"]
    context = {
        **material,
        "scene": medium.scene,
        "failure_scene": medium.failure_scene,
        "end_scene": medium.end_scene,
        "chart": lambda name: medium.chart(charts[name][0], name, charts[name][1]) if name in charts else "",
        "sources": citations.sources,
        "first_moment": min(WINDOW, newest),
        "last_moment": newest,
        "move_moment": move["lowest_at"] or newest,
        "wanted_failures": FAILURES,
    }
    return render(template, context, citations.write)


def _charts(connection: apsw.Connection, material: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Titles and pictures by name; without the exploration where nothing of it was recorded."""
    newest: int = material["newest"]
    moves = [material["move"]["at"]] if material["move"]["at"] is not None else []
    starts = [band.first for band in read_stage_bands(connection)][1:]

    def curve(metric: str, name: str) -> Curve:
        series = read_series(connection, metric, points=POINTS)
        middles = [(first + last) / 2 for first, last in zip(series.first, series.last, strict=True)]
        return Curve(name, list(zip(middles, _smooth(series.mean, newest), strict=True)))

    marked = ("; dotted: a new stage" if starts else "") + ("; dashed: the move" if moves else "")
    title = f"Survival, mean of about {WINDOW} episodes{marked}"
    drawn = chart_picture(title, "steps", [curve("survival_time", "survival")], newest, moves, starts)
    charts = {"survival": (title, drawn)}
    lines = [
        curve(column, name)
        for column, name, facts in (
            ("intrinsic_weight", "weight of curiosity", material["curiosity"]),
            ("epsilon", "probability of a random action", material["epsilon"]),
        )
        if facts is not None
    ]
    if lines:
        title = f"How much the agents explore{marked}"
        charts["exploration"] = (title, chart_picture(title, "0 to 1", lines, newest, moves, starts))
    return charts


def _smooth(values: Sequence[float], newest: int) -> list[float]:
    """Means over as many points as cover about `WINDOW` episodes."""
    width = max(1, round(WINDOW * len(values) / max(1, newest)))
    return [sum(values[max(0, i - width + 1) : i + 1]) / min(i + 1, width) for i in range(len(values))]
