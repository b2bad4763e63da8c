"""A town without agents, drawn as text for a terminal and as an SVG file."""

from xml.sax.saxutils import escape

from core.world import World
from producer.environment.rendering import OBSTACLE_SYMBOLS, OBSTACLES, symbols_of

__all__ = ["draw_svg", "draw_text"]

CELL = 40
"""Units of the SVG along the side of a cell."""
STYLE = (
    "text{font:600 9px sans-serif;text-anchor:middle;fill:#23221f;stroke:#fffdf9;stroke-width:3;"
    "paint-order:stroke}circle{fill:#fffdf9;stroke:#bdb8ab}.tile{fill:#f5f2e9;stroke:#e6e1d3}"
)


def draw_text(world: World) -> str:
    """The map, a row a line, and what its symbols mean."""
    symbols = symbols_of(world.affordance_names)
    at = {index: OBSTACLE_SYMBOLS[kind] for index, kind in world.obstacle_cells.items()}
    at |= {world.cell_index(place.cell): symbols[place.name] for place in world.affordances}
    border = "+" + "-" * (2 * world.width - 1) + "+"
    rows = [
        "|" + " ".join(at.get(y * world.width + x, ".") for x in range(world.width)) + "|"
        for y in range(world.height)
    ]
    meanings = {symbol: name for name, symbol in symbols.items()}
    meanings |= {OBSTACLE_SYMBOLS[kind]: kind for kind in world.obstacle_cells.values()}
    legend = ", ".join(f"{symbol} {name}" for symbol, name in meanings.items())
    return "\n".join([border, *rows, border, legend])


def draw_svg(world: World) -> str:
    """An SVG document of the map."""
    width, height = world.width * CELL, world.height * CELL
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {width + 2} {height + 2}"'
        f' width="{width}" height="{height}" role="img">',
        f"<title>A town of {world.width} × {world.height} cells</title><style>{STYLE}</style>",
    ]
    for index in range(world.num_cells):
        x, y = world.cell_xy(index)
        kind = world.obstacle_cells.get(index)
        look = 'class="tile"' if kind is None else f'fill="{OBSTACLES[kind]}"'
        parts.append(f'<rect x="{x * CELL}" y="{y * CELL}" width="{CELL}" height="{CELL}" {look}/>')
    for place in world.affordances:
        middle, top = place.cell[0] * CELL + CELL // 2, place.cell[1] * CELL
        parts.append(f'<circle cx="{middle}" cy="{top + 16}" r="11"/>')
        parts.append(f'<text x="{middle}" y="{top + 37}">{escape(place.name)}</text>')
    return "\n".join([*parts, "</svg>", ""])
