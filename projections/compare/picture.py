"""A comparison as a PNG: one panel per curve, groups as bands, single runs as lines.

Drawn with Pillow, which Hamlet needs anyway, so that the command needs no further package; the page saves the
same curves as SVG.
"""

import io
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from projections.compare.result import Comparison
from projections.compare.runs import Curve

__all__ = ["as_png"]

WIDTH, PANEL, MARGIN_LEFT, MARGIN_RIGHT, MARGIN_TOP, MARGIN_BOTTOM = 1200, 320, 90, 24, 44, 40
LEGEND_ROW = 24
INK, MUTED, RULE, PAPER = (32, 36, 42), (96, 104, 114), (222, 226, 230), (255, 255, 255)
COLOURS = (
    (0, 95, 190), (200, 80, 0), (0, 125, 90), (160, 40, 130), (120, 85, 0),
    (0, 120, 150), (190, 30, 50), (85, 85, 175), (60, 110, 30), (110, 110, 110),
)  # fmt: skip

Points = list[tuple[float, float]]


class _Panel(NamedTuple):
    """The place of a panel and the range of its values."""

    top: int
    low: float
    high: float
    first: float
    last: float

    def x(self, at: float) -> float:
        return MARGIN_LEFT + (at - self.first) / (self.last - self.first) * (
            WIDTH - MARGIN_LEFT - MARGIN_RIGHT
        )

    def y(self, value: float) -> float:
        height = PANEL - MARGIN_TOP - MARGIN_BOTTOM
        return self.top + MARGIN_TOP + (self.high - value) / (self.high - self.low) * height


def as_png(comparison: Comparison) -> bytes:
    """The curves as a PNG file."""
    curves = [
        curve
        for curve in comparison.curves
        if any(curve.key in run.curves for run in comparison.runs) and comparison.grid
    ]
    legend = _legend(comparison)
    height = PANEL * len(curves) + LEGEND_ROW * len(legend) + 16
    image = Image.new("RGBA", (WIDTH, height), PAPER)
    for index, curve in enumerate(curves):
        image = _draw_panel(image, comparison, curve, index * PANEL)
    draw = ImageDraw.Draw(image)
    for row, (colour, text) in enumerate(legend):
        y = PANEL * len(curves) + row * LEGEND_ROW + 10
        draw.line([(MARGIN_LEFT, y), (MARGIN_LEFT + 28, y)], fill=colour, width=4)
        draw.text((MARGIN_LEFT + 38, y), text, fill=INK, font=_font(14), anchor="lm")
    file = io.BytesIO()
    image.convert("RGB").save(file, "PNG")
    return file.getvalue()


def _legend(comparison: Comparison) -> list[tuple[tuple[int, int, int], str]]:
    """Groups with n; single runs too while there are few."""
    rows = [
        (COLOURS[group.colour], f"{group.label} (n = {len(group.run_ids)}, mean and 95 % interval)")
        for group in comparison.groups
        if len(group.run_ids) > 1
    ]
    if comparison.few_runs:
        rows += [(COLOURS[run.colour], run.name) for run in comparison.runs]
    return rows


def _draw_panel(image: Image.Image, comparison: Comparison, curve: Curve, top: int) -> Image.Image:
    panel = _panel(comparison, curve, top)
    draw = ImageDraw.Draw(image)
    title = f"{curve.label}, {curve.unit}" if curve.unit else curve.label
    draw.text((MARGIN_LEFT, top + 14), title, fill=INK, font=_font(17))
    for value in _ticks(panel.low, panel.high):
        y = panel.y(value)
        draw.line([(MARGIN_LEFT, y), (WIDTH - MARGIN_RIGHT, y)], fill=RULE)
        draw.text((MARGIN_LEFT - 8, y), f"{value:,g}", fill=MUTED, font=_font(13), anchor="rm")
    bottom = panel.y(panel.low)
    for at in _ticks(panel.first, panel.last):
        draw.text((panel.x(at), bottom + 8), f"{at:,.0f}", fill=MUTED, font=_font(13), anchor="ma")
    unit = "episode" if comparison.axis == "episodes" else "agent-steps"
    draw.text((WIDTH - MARGIN_RIGHT, bottom + 24), unit, fill=MUTED, font=_font(13), anchor="ra")

    few = comparison.few_runs
    shades = Image.new("RGBA", image.size, (255, 255, 255, 0))
    shade = ImageDraw.Draw(shades)
    for group in comparison.groups:
        band = group.bands.get(curve.key)
        if band is None or len(group.run_ids) < 2:
            continue
        colour = COLOURS[group.colour]
        for edges in _stretches(panel, comparison.grid, band.low, band.high):
            shade.polygon(edges, fill=(*colour, 50))
    image = Image.alpha_composite(image, shades)
    draw = ImageDraw.Draw(image)
    for run in comparison.runs:
        values = run.curves.get(curve.key)
        if values is not None:
            colour = COLOURS[run.colour] if few else _pale(COLOURS[comparison.groups[run.group].colour])
            own = [None] * run.drawn_from + values[run.drawn_from :]
            _draw_line(draw, panel, comparison.grid, own, colour, 2 if few else 1)
    for group in comparison.groups:
        band = group.bands.get(curve.key)
        if band is not None and len(group.run_ids) > 1:
            _draw_line(draw, panel, comparison.grid, band.mean, COLOURS[group.colour], 4)
    return image


def _panel(comparison: Comparison, curve: Curve, top: int) -> _Panel:
    values = [
        value for run in comparison.runs for value in run.curves.get(curve.key, ()) if value is not None
    ]
    low, high = min(0.0, *values), max(values)
    if high <= low:
        high = low + 1.0
    first, last = 0.0, float(comparison.grid[-1])
    return _Panel(top, low, high + 0.04 * (high - low), first, last)


def _stretches(
    panel: _Panel, grid: Sequence[int], low: Sequence[float | None], high: Sequence[float | None]
) -> list[Points]:
    """The outlines of a band, one for each stretch of points that have bounds."""
    outlines: list[Points] = []
    lower: Points = []
    upper: Points = []
    for at, bottom, top in [*zip(grid, low, high, strict=True), (0, None, None)]:
        if bottom is None or top is None:
            if len(lower) > 1:
                outlines.append([*lower, *reversed(upper)])
            lower, upper = [], []
            continue
        x = panel.x(at)
        lower.append((x, panel.y(max(bottom, panel.low))))
        upper.append((x, panel.y(min(top, panel.high))))
    return outlines


def _draw_line(
    draw: ImageDraw.ImageDraw,
    panel: _Panel,
    grid: Sequence[int],
    values: Sequence[float | None],
    colour: tuple[int, int, int],
    width: int,
) -> None:
    points: Points = []
    for at, value in [*zip(grid, values, strict=True), (0, None)]:
        if value is not None:
            points.append((panel.x(at), panel.y(value)))
            continue
        if len(points) > 1:
            draw.line(points, fill=colour, width=width, joint="curve")
        elif points:
            x, y = points[0]
            draw.ellipse([(x - 2, y - 2), (x + 2, y + 2)], fill=colour)
        points = []


def _ticks(low: float, high: float) -> list[float]:
    """Four to eight round values of a range."""
    span = high - low
    scale = 10.0 ** len(str(int(span))) if span >= 1 else 1.0
    step = scale
    while span / step < 4:
        scale /= 10
        step = next((k * scale for k in (5.0, 2.0, 1.0) if span / (k * scale) >= 4), scale)
    first = int(-(-low // step))
    return [round(step * k, 10) for k in range(first, int(high // step) + 1)]


def _pale(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (value + (255 - value) * 6 // 10 for value in colour)
    return red, green, blue


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
