"""The novelty GIF: the novelty of every cell over a window of episodes, one frame an episode.

Rendering only; which episodes are due is in `server.snapshots.schedule`. All frames of all GIFs of a run
share one palette and one scale, so brightness means the same in each of them. Everything that does not change
is drawn once per layout of the town, and frames are filled in as palette indices, so that a GIF costs a
fraction of a second.
"""

import io
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from core.events import Placement
from projections.readmodels.heatmap import NoveltyScale
from server.snapshots.colours import viridis

WIDTH, HEIGHT = 640, 736
MAP_LEFT, MAP_TOP, MAP_SIZE = 32, 84, 576
LEGEND_TOP, LEGEND_HEIGHT = 680, 16
LEAST_NAMED_CELL = 20
"""Pixels: in smaller cells an affordance is a dot, and nothing separates the cells."""
FRAME_MS = 160
"""Fifty frames last eight seconds, as `docs/specification.md` asks."""

SCALE_LEVELS = 128
GREYS = 48
"""Palette: first the colour scale, then greys from `BACKGROUND` to white for text and marks."""
BACKGROUND = (17, 20, 28)
INK = GREYS - 1
FAINT = GREYS * 2 // 3

Indices = npt.NDArray[np.uint8]


class NoveltyFrame(msgspec.Struct, frozen=True):
    """The end of one episode: novelty per cell `[height][width]`, top row first, and the layout then."""

    episode: int
    novelty: list[list[float]]
    layout: list[Placement]


def render(frames: Sequence[NoveltyFrame], scale: NoveltyScale) -> bytes:
    """The GIF file for `frames`, in their order; at least one.

    `scale` is the run's own, the same for all of its GIFs, so that a later GIF is darker where novelty is
    lower. It is logarithmic, because novelty differs by ratios.
    """
    novelty = np.array([frame.novelty for frame in frames], np.float64)
    bottom, top = scale.low, scale.high
    shares = np.log(novelty.clip(bottom, top) / bottom) / np.log(top / bottom)
    levels = np.rint(shares * (SCALE_LEVELS - 1)).astype(np.uint8)
    palette = _palette()
    images = []
    sheet: _Sheet | None = None
    for frame, cells in zip(frames, levels, strict=True):
        if sheet is None or sheet.layout != frame.layout:
            sheet = _draw_sheet(frame.layout, cells.shape, bottom, top)
        pixels = _fill(sheet, cells)
        _write_episode(pixels, frame.episode, frames[0].episode, frames[-1].episode)
        image = Image.fromarray(pixels, "P")
        image.putpalette(palette)
        images.append(image)
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=FRAME_MS,
        loop=0,
        optimize=False,
        comment=f"Hamlet: novelty, episodes {frames[0].episode} to {frames[-1].episode}".encode(),
    )
    return buffer.getvalue()


class _Sheet(msgspec.Struct, frozen=True):
    """What does not change while the layout stands: palette indices `[HEIGHT, WIDTH]`.

    `marks` is the same for the map alone, `[rows * cell, columns * cell]`, to be shown where `marked`.
    """

    layout: list[Placement]
    cell: int
    base: Indices
    marks: Indices
    marked: npt.NDArray[np.bool_]


def _palette() -> bytes:
    """RGB of the scale, then of the greys; 3 bytes a colour."""
    weight = np.linspace(0.0, 1.0, GREYS)[:, None]
    greys = np.array(BACKGROUND) * (1 - weight) + 255.0 * weight
    return np.concatenate([viridis(SCALE_LEVELS), greys.round().astype(np.uint8)]).tobytes()


def _ink(mask: Image.Image, strength: int = INK) -> Indices:
    """Palette indices of an antialiased drawing, white on black in `mask`, with `strength` for full white."""
    coverage = np.asarray(mask, np.float64) / 255.0
    return (SCALE_LEVELS + np.rint(coverage * strength)).astype(np.uint8)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _draw_sheet(layout: list[Placement], shape: tuple[int, ...], bottom: float, top: float) -> _Sheet:
    rows, columns = shape
    cell = min(MAP_SIZE // columns, MAP_SIZE // rows)
    ink = Image.new("L", (WIDTH, HEIGHT), 0)
    faint = Image.new("L", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(ink).text((MAP_LEFT, 18), "Novelty", 255, _font(26), anchor="lt")
    write = ImageDraw.Draw(faint).text
    write((MAP_LEFT, 52), "what is still new to the agent", 255, _font(15), anchor="lt")
    right = MAP_LEFT + MAP_SIZE
    below = LEGEND_TOP + LEGEND_HEIGHT + 8
    middle = (bottom * top) ** 0.5
    write((MAP_LEFT, below), f"{bottom:.2g}  familiar", 255, _font(15), anchor="lt")
    write(((MAP_LEFT + right) / 2, below), f"{middle:.2g}", 255, _font(15), anchor="mt")
    write((right, below), f"new  {top:.2g}", 255, _font(15), anchor="rt")
    base = np.maximum(_ink(ink), _ink(faint, FAINT))
    scale = np.linspace(0, SCALE_LEVELS - 1, MAP_SIZE).round().astype(np.uint8)
    base[LEGEND_TOP : LEGEND_TOP + LEGEND_HEIGHT, MAP_LEFT:right] = scale
    marks, marked = _draw_marks(layout, rows, columns, cell)
    return _Sheet(layout=layout, cell=cell, base=base, marks=marks, marked=marked)


def _draw_marks(
    layout: list[Placement], rows: int, columns: int, cell: int
) -> tuple[Indices, npt.NDArray[np.bool_]]:
    """Names of the affordances on dark labels, and gaps between cells; dots and no gaps in small cells."""
    size = (columns * cell, rows * cell)
    text = Image.new("L", size, 0)
    ground = Image.new("L", size, 0)
    draw_text, draw_ground = ImageDraw.Draw(text), ImageDraw.Draw(ground)
    for place in layout:
        centre = (place.x * cell + cell / 2, place.y * cell + cell / 2)
        if cell < LEAST_NAMED_CELL:
            draw_ground.circle(centre, cell / 2, 255)
            draw_text.circle(centre, cell / 4, 255)
            continue
        font = _font(_fitting_size(place.name, cell - 10))
        half = font.getlength(place.name) / 2 + 4
        draw_ground.rounded_rectangle(
            (centre[0] - half, centre[1] - 11, centre[0] + half, centre[1] + 11), 5, 255
        )
        draw_text.text(centre, place.name, 255, font, anchor="mm")
    marked = np.asarray(ground) > 0
    if cell >= LEAST_NAMED_CELL:
        for edge in range(cell, size[0], cell):
            marked[:, edge - 1 : edge + 1] = True
        for edge in range(cell, size[1], cell):
            marked[edge - 1 : edge + 1, :] = True
    return _ink(text), marked


def _fitting_size(name: str, width: int) -> int:
    """The largest font size up to 14 at which `name` is no wider than `width`, and at least 8."""
    return next((size for size in range(14, 8, -1) if _font(size).getlength(name) <= width), 8)


def _fill(sheet: _Sheet, cells: Indices) -> Indices:
    """A frame's pixels: the sheet with `cells` (palette indices `[rows, columns]`) enlarged into its map."""
    pixels = sheet.base.copy()
    blown_up = cells.repeat(sheet.cell, axis=0).repeat(sheet.cell, axis=1)
    rows, columns = blown_up.shape
    pixels[MAP_TOP : MAP_TOP + rows, MAP_LEFT : MAP_LEFT + columns] = np.where(
        sheet.marked, sheet.marks, blown_up
    )
    return pixels


def _write_episode(pixels: Indices, episode: int, first: int, last: int) -> None:
    """The episode's number top right, and a bar under it for the part of the GIF that has been shown."""
    mask = Image.new("L", (320, 36), 0)
    ImageDraw.Draw(mask).text((319, 2), f"episode {episode:,}", 255, _font(26), anchor="rt")
    right = MAP_LEFT + MAP_SIZE
    pixels[16 : 16 + mask.height, right - mask.width : right] = _ink(mask)
    progress = 200 * (episode - first + 1) // (last - first + 1)
    pixels[58:62, right - 200 : right] = SCALE_LEVELS + GREYS // 5
    pixels[58:62, right - 200 : right - 200 + progress] = SCALE_LEVELS + FAINT
