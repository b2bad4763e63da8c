"""Pictures of the town: as an array of pixels, as text, and in a window. No browser is needed."""

from typing import Any

import msgspec
import numpy as np
from gymnasium.error import DependencyNotInstalled
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.world import money_text

__all__ = ["Scene", "Window", "draw", "symbols_of", "write"]

Pixels = NDArray[np.uint8]

# The light colours of the dashboard, frontend/src/lib/tokens.css.
PAPER, TILE, TILE_LINE = "#fcfbf8", "#f5f2e9", "#e6e1d3"
DISC, DISC_LINE, ACCENT = "#fffdf9", "#bdb8ab", "#b2421d"
INK, INK_FAINT, TRACK, LEVEL = "#23221f", "#57554f", "#e2ded3", "#57554f"
OBSTACLES = {"wall": "#a39b89", "water": "#a9c9dc"}
OBSTACLE_SYMBOLS = {"wall": "#", "water": "~"}

MAP_PIXELS = 512
"""The longer side of the map, at most."""
LEAST_CELL_PIXELS = 8
MARGIN, LINE, METERS_PER_LINE = 16, 36, 3
SPARE_SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789$%&*+=?!"
"""For affordances whose name has no letter left."""


class Scene(msgspec.Struct, frozen=True):
    """What a picture shows: the town and one agent in it."""

    width: int
    """Cells"""
    height: int
    agent: tuple[int, int]
    """(x, y)"""
    affordances: dict[str, tuple[int, int]]
    """(x, y) by name"""
    meters: dict[str, float]
    """Level, 0 to 1, by name"""
    full_scale: dict[str, float]
    """Dollars at level 1, by name of the meter that holds money"""
    currency: str
    """Sign or word of the currency"""
    caption: str
    obstacles: dict[tuple[int, int], str] = {}
    """"wall" or "water" by (x, y)"""


def draw(scene: Scene) -> Pixels:
    """The scene as RGB, `[height, width, 3]` uint8; both sizes are even, as video encoders ask for."""
    cell = max(MAP_PIXELS // max(scene.width, scene.height), LEAST_CELL_PIXELS)
    map_width, map_height = cell * scene.width, cell * scene.height
    lines = -(-len(scene.meters) // METERS_PER_LINE)
    width = max(map_width, MAP_PIXELS) + 2 * MARGIN
    height = map_height + LINE * (lines + 1) + 2 * MARGIN
    image = Image.new("RGB", (width + width % 2, height + height % 2), PAPER)
    pen = ImageDraw.Draw(image)
    left, top = (width - map_width) // 2, MARGIN
    pen.rectangle((left, top, left + map_width, top + map_height), TILE)
    for (x, y), kind in scene.obstacles.items():
        corner = (left + x * cell, top + y * cell)
        pen.rectangle((*corner, corner[0] + cell, corner[1] + cell), OBSTACLES[kind])
    for x in range(scene.width + 1):
        pen.line((left + x * cell, top, left + x * cell, top + map_height), TILE_LINE)
    for y in range(scene.height + 1):
        pen.line((left, top + y * cell, left + map_width, top + y * cell), TILE_LINE)
    name_font = ImageFont.load_default(max(cell // 5, 7))
    for name, (x, y) in scene.affordances.items():
        centre = (left + (x + 0.5) * cell, top + (y + 0.42) * cell)
        pen.circle(centre, 0.3 * cell, DISC, DISC_LINE, max(cell // 40, 1))
        pen.text(centre, name[0].upper(), INK, ImageFont.load_default(max(cell // 3, 7)), anchor="mm")
        if cell >= 32:
            pen.text((centre[0], top + (y + 0.94) * cell), name, INK, name_font, anchor="ms")
    x, y = scene.agent
    pen.circle(
        (left + (x + 0.72) * cell, top + (y + 0.66) * cell), 0.24 * cell, ACCENT, PAPER, max(cell // 24, 1)
    )
    _draw_meters(pen, scene, top + map_height + LINE // 3, (width - 2 * MARGIN) // METERS_PER_LINE)
    font = ImageFont.load_default(15)
    pen.text((MARGIN, height - MARGIN), scene.caption, INK, font, anchor="lb")
    return np.asarray(image)


def write(scene: Scene) -> str:
    """The scene as text: a map, where `@` is the agent, the meaning of its letters, and the meters."""
    symbols = symbols_of(list(scene.affordances))
    at = {cell: OBSTACLE_SYMBOLS[kind] for cell, kind in scene.obstacles.items()}
    at |= {scene.affordances[name]: symbol for name, symbol in symbols.items()} | {scene.agent: "@"}
    rows = (
        "|" + " ".join(at.get((x, y), ".") for x in range(scene.width)) + "|" for y in range(scene.height)
    )
    border = "+" + "-" * (2 * scene.width - 1) + "+"
    here = [name for name, cell in scene.affordances.items() if cell == scene.agent]
    obstacles = {OBSTACLE_SYMBOLS[kind]: kind for kind in scene.obstacles.values()}
    meanings = {symbol: name for name, symbol in symbols.items()} | obstacles
    legend = ", ".join(f"{symbol} {name}" for symbol, name in meanings.items())
    meters = ", ".join(f"{name} {_level(scene, name)}" for name in scene.meters)
    agent = f"@ agent at {here[0]}" if here else "@ agent"
    return "\n".join((border, *rows, border, f"{agent}, {legend}", meters, scene.caption)) + "\n"


class Window:
    """A window that shows one picture after the other; needs pygame, as the windows of Gymnasium do."""

    def __init__(self, title: str, frames_per_second: int) -> None:
        """Open nothing yet.

        Raises:
            DependencyNotInstalled: pygame is not installed.
        """
        try:
            import pygame
        except ImportError as error:
            raise DependencyNotInstalled(
                'render_mode "human" needs pygame; run: pip install pygame'
            ) from error
        self._pygame: Any = pygame
        self._title = title
        self._frames_per_second = frames_per_second
        self._screen: Any = None
        self._clock: Any = None

    def show(self, pixels: Pixels) -> None:
        """Show a picture `[height, width, 3]`, and wait so that pictures follow at the frame rate."""
        if self._screen is None:
            self._pygame.display.init()
            self._pygame.display.set_caption(self._title)
            self._screen = self._pygame.display.set_mode((pixels.shape[1], pixels.shape[0]))
            self._clock = self._pygame.time.Clock()
        self._screen.blit(self._pygame.surfarray.make_surface(pixels.swapaxes(0, 1)), (0, 0))
        self._pygame.event.pump()
        self._pygame.display.flip()
        self._clock.tick(self._frames_per_second)

    def close(self) -> None:
        """Close the window, if it is open."""
        if self._screen is not None:
            self._pygame.display.quit()
            self._screen = None


def _draw_meters(pen: ImageDraw.ImageDraw, scene: Scene, top: int, width: int) -> None:
    font = ImageFont.load_default(13)
    for i, (name, level) in enumerate(scene.meters.items()):
        left = MARGIN + i % METERS_PER_LINE * width
        y = top + i // METERS_PER_LINE * LINE
        bar = width - MARGIN
        pen.text((left, y + 13), name, INK, font, anchor="ls")
        pen.text((left + bar, y + 13), _level(scene, name), INK_FAINT, font, anchor="rs")
        pen.rectangle((left, y + 18, left + bar, y + 24), TRACK)
        if level > 0.0:
            pen.rectangle((left, y + 18, left + level * bar, y + 24), LEVEL)


def _level(scene: Scene, meter: str) -> str:
    level = scene.meters[meter]
    dollars = scene.full_scale.get(meter)
    return f"{level:.0%}" if dollars is None else money_text(f"{level * dollars:.0f}", scene.currency)


def symbols_of(names: list[str]) -> dict[str, str]:
    """A letter for each affordance: of its name if one is left."""
    symbols: dict[str, str] = {}
    for name in names:
        wanted = [letter for letter in name.upper() + name if letter.isalnum()]
        symbols[name] = next(s for s in (*wanted, *SPARE_SYMBOLS) if s not in symbols.values())
    return symbols
