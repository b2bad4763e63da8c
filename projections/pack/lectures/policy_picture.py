"""What a recorded policy would do in every cell, as SVG: an arrow a cell, as strong as the"
" decision is clear."""

from collections.abc import Mapping, Sequence
from html import escape

import apsw
import numpy as np

from core.events import Placement
from projections.pack.story.pictures import ACCENT, CELL
from projections.readmodels.policies import read_policy, values_in_town
from projections.readmodels.run import read_run

MOST_CELLS = 576
"""Larger towns have no such picture: nobody can read so many arrows on a page."""
TURNS = {"UP": -90, "DOWN": 90, "LEFT": 180, "RIGHT": 0}
"""Degrees by which an arrow to the right is turned."""


def policy_picture(
    connection: apsw.Connection,
    episode: int,
    layout: Sequence[Placement],
    needs: Mapping[str, float],
    title: str,
) -> str | None:
    """What the policy of `episode` would do with the `needs` (all meters not named full), in a `layout`.

    None where no policy was recorded until then, or the town is too large.
    """
    run, policy = read_run(connection), read_policy(connection, episode)
    if run is None or policy is None or policy.cells > MOST_CELLS:
        return None
    blocked = {*run.walls, *run.water}
    places = {place.y * run.width + place.x: place for place in layout}
    cells = [cell for cell in range(policy.cells) if cell not in blocked]
    levels = [needs.get(name, 1.0) for name in policy.meters]
    values = values_in_town(policy, run, layout, cells, levels)
    order = np.sort(values, axis=1)
    margins = order[:, -1] - order[:, -2]
    strongest = float(margins.max()) or 1.0
    parts = []
    for cell, best, margin in zip(cells, values.argmax(axis=1), margins, strict=True):
        x, y = (cell % run.width + 0.5) * CELL, (cell // run.width + 0.5) * CELL
        strength = 0.15 + 0.85 * float(margin) / strongest
        parts.append(_action(policy.actions[int(best)], x, y, strength))
    for cell in sorted(blocked):
        x, y = cell % run.width * CELL, cell // run.width * CELL
        parts.append(
            f'<rect x="{x + 1}" y="{y + 1}" width="{CELL - 2}" height="{CELL - 2}" fill="currentColor"'
            ' fill-opacity=".3"/>'
        )
    for cell, place in places.items():
        x, y = (cell % run.width + 0.5) * CELL, cell // run.width * CELL
        parts.append(
            f'<text x="{x:g}" y="{y + 11}" text-anchor="middle" font-size="9.5">{escape(place.name)}</text>'
            f'<rect x="{x - CELL / 2 + 1:g}" y="{y + 1}" width="{CELL - 2}" height="{CELL - 2}"'
            ' rx="4" fill="none"'
            f' stroke="{ACCENT}" stroke-width="2"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {run.width * CELL}'
        f' {run.height * CELL}" role="img"'
        f' font-family="system-ui, sans-serif" fill="currentColor"><title>{escape(title)}</title>'
        f"{''.join(parts)}</svg>"
    )


def _action(name: str, x: float, y: float, strength: float) -> str:
    if name not in TURNS:
        return (
            f'<circle cx="{x:g}" cy="{y + 3:g}" r="9" fill="none" stroke="currentColor" stroke-width="3"'
            f' stroke-opacity="{strength:.2f}"/>'
        )
    return (
        f'<path d="M-11 0H6M0 -6L8 0L0 6" transform="translate({x:g} {y + 3:g})'
        f' rotate({TURNS[name]})" fill="none"'
        f' stroke="currentColor" stroke-width="3" stroke-opacity="{strength:.2f}"/>'
    )
