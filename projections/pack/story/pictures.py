"""Pictures of the story as SVG: the town at a moment, curves over the run. Nothing is fetched for them."""

from collections.abc import Sequence
from html import escape

import msgspec

from core.events import Placement
from projections.readmodels.heatmap import Heatmap

CELL = 44
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 16, 34
WIDTH, HEIGHT = 720, 240
ACCENT, SECOND = "#c2491f", "#4a8fc9"
NAME_LENGTH = 8
"""Longer names of affordances are shortened on the map; the text has them whole."""


class Curve(msgspec.Struct, frozen=True):
    """A line: its name, and the points (episode, value)."""

    name: str
    points: Sequence[tuple[float, float]]


def town_picture(heatmap: Heatmap, layout: Sequence[Placement], title: str) -> str:
    """The town: where the agents were (darker is more), and where the affordances stand."""
    rows, columns = len(heatmap.visits), len(heatmap.visits[0])
    most = max(max(row) for row in heatmap.visits) or 1.0
    parts = []
    for y, row in enumerate(heatmap.visits):
        for x, visits in enumerate(row):
            opacity = (visits / most) ** 0.5
            parts.append(
                f'<rect x="{x * CELL + 1}" y="{y * CELL + 1}" width="{CELL - 2}" height="{CELL - 2}" rx="4"'
                f' fill="{ACCENT}" fill-opacity="{opacity:.2f}" stroke="currentColor" stroke-opacity=".25"/>'
            )
    for place in layout:
        left, top = place.x * CELL + CELL / 2, place.y * CELL + CELL / 2
        name = place.name if len(place.name) <= NAME_LENGTH else f"{place.name[: NAME_LENGTH - 1]}…"
        parts.append(
            f'<circle cx="{left}" cy="{top - 5}" r="8" fill="#fff" stroke="#222"/>'
            f'<text x="{left}" y="{top + 15}" text-anchor="middle" font-size="9.5" fill="#111" stroke="#fff"'
            f' stroke-width="3" paint-order="stroke">{escape(name)}</text>'
            f'<text x="{left}" y="{top - 1}" text-anchor="middle" font-size="10" fill="#111">'
            f"{escape(place.name[:1])}</text>"
        )
    return _svg(columns * CELL, rows * CELL, title, parts)


def chart_picture(
    title: str,
    unit: str,
    curves: Sequence[Curve],
    newest: int,
    moves: Sequence[int] = (),
    starts: Sequence[int] = (),
    *,
    first: int = 1,
    high: float | None = None,
) -> str:
    """Curves over the episodes `first` to `newest`, up to the value `high` or to their highest.

    `moves` are marked by dashed lines, the `starts` of stages by dotted ones. All curves but the first one
    are of the second colour; a curve without a name is drawn and not listed.
    """
    if high is None:
        high = max((value for curve in curves for _, value in curve.points), default=1.0) or 1.0
    low = min(0.0, min((value for curve in curves for _, value in curve.points), default=0.0))

    def x_of(episode: float) -> float:
        return LEFT + (episode - first) / max(1, newest - first) * (WIDTH - LEFT - RIGHT)

    def y_of(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(value):.1f}" y2="{y_of(value):.1f}"'
        f' stroke="currentColor" stroke-opacity=".2"/>'
        f'<text x="{LEFT - 6}" y="{y_of(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>'
        for value in (low, (low + high) / 2, high)
    ]
    for episodes, dashes, words in ((moves, "5 4", "moved"), (starts, "1 4", "")):
        for episode in episodes:
            x = x_of(episode)
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="currentColor"'
                f' stroke-dasharray="{dashes}"/>'
                f'<text x="{x + 4:.1f}" y="{HEIGHT - BOTTOM - 6}">{words}</text>'
            )
    for number, curve in enumerate(curves):
        colour, dashes = (ACCENT, "") if number == 0 else (SECOND, "6 3")
        line = " ".join(f"{x_of(episode):.1f},{y_of(value):.1f}" for episode, value in curve.points)
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"'
            f' stroke-dasharray="{dashes}"/>'
        )
    legend = LEFT
    for number, curve in enumerate(curves):
        colour = ACCENT if number == 0 else SECOND
        parts.append(f'<text x="{legend}" y="11" fill="{colour}">{escape(curve.name)}</text>')
        legend += 8 * len(curve.name) + 20 if curve.name else 0
    for episode in sorted({first, (first + newest) // 2, newest}):
        anchor = "end" if episode == newest and newest > first else "middle"
        parts.append(
            f'<text x="{x_of(episode):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="{anchor}">'
            f"{episode:,}</text>"
        )
    parts.append(
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 2}" text-anchor="middle">episode; {escape(unit)}</text>'
    )
    return _svg(WIDTH, HEIGHT, title, parts)


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' font-family="system-ui, sans-serif" font-size="11.5" fill="currentColor">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
