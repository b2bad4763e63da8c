"""What an agent observes, as numbers: the inputs of a network, and what each of them means.

An observation has three parts, and a fourth one in a run whose agents see a window (`observation.kind`):

1. one-hot: the cell of the agent;
2. the level of each meter, from 0 to 1;
3. one-hot: the affordance in that cell; the last place stands for none;
4. for each near cell one-hot: the affordance in it; the last places but one and the last stand for none, and
   for a cell that nobody can enter: a wall, water, or what lies outside the town.

Networks on torch, the Gymnasium environments and recorded policies in numpy read the sizes here. The page
does the same in `frontend/src/lib/network.ts`; a test compares them.
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from core.world import World

__all__ = [
    "ObservationSizes",
    "near_affordances",
    "near_cells",
    "near_offsets",
    "observation_legend",
    "sizes_of",
]

Indices = npt.NDArray[np.int64]


class ObservationSizes(Struct, frozen=True):
    """How many entries each part of an observation has."""

    cells: int
    meters: int
    affordances: int
    near: int = 0
    """Near cells that the agent sees beside its own; 0 for an agent that sees only its own."""

    @property
    def meters_at(self) -> int:
        """Where the meters begin."""
        return self.cells

    @property
    def affordance_at(self) -> int:
        """Where the affordance in the agent's cell begins."""
        return self.cells + self.meters

    @property
    def near_at(self) -> int:
        """Where the near cells begin."""
        return self.affordance_at + self.affordances + 1

    @property
    def per_near_cell(self) -> int:
        """Entries of one near cell."""
        return self.affordances + 2

    @property
    def total(self) -> int:
        """All entries."""
        return self.near_at + self.near * self.per_near_cell

    def near_starts(self) -> Indices:
        """Where the entries of each near cell begin: `[near]`."""
        return self.near_at + self.per_near_cell * np.arange(self.near, dtype=np.int64)


def sizes_of(world: World, sight: int) -> ObservationSizes:
    """The sizes in a town whose agents see `sight` cells in each direction; 0: only their own cell."""
    meters, affordances = len(world.meters), len(world.affordances)
    return ObservationSizes(world.num_cells, meters, affordances, len(near_offsets(sight)))


def near_offsets(sight: int) -> list[tuple[int, int]]:
    """(dx, dy) of each near cell, row by row; the agent's own cell is left out."""
    steps = range(-sight, sight + 1)
    return [(dx, dy) for dy in steps for dx in steps if (dx, dy) != (0, 0)]


def near_cells(width: int, height: int, closed: Collection[int], sight: int) -> Indices:
    """The near cells of every cell: `[num_cells, near]`; the number of cells stands for one nobody can enter.

    `closed` are the indices of the cells with an obstacle.
    """
    num_cells = width * height
    y, x = np.divmod(np.arange(num_cells, dtype=np.int64)[:, None], width)
    dx, dy = np.array(near_offsets(sight), np.int64).reshape(-1, 2).T
    x, y = x + dx, y + dy
    near = np.where((x >= 0) & (x < width) & (y >= 0) & (y < height), y * width + x, num_cells)
    near[np.isin(near, list(closed))] = num_cells
    return near


def near_affordances(affordance_at: Indices, near: Indices, num_affordances: int) -> Indices:
    """What stands in the near cells of B cells: `[B, near]`, for their near cells `near` `[B, near]`.

    `affordance_at` `[num_cells]` has the index of each cell's affordance, `num_affordances` for none. A cell
    that nobody can enter is `num_affordances` + 1.
    """
    return np.append(affordance_at, num_affordances + 1)[near]


def observation_legend(world: World, sight: int) -> tuple[str, ...]:
    """What each entry of an observation means."""
    cells = (world.cell_xy(index) for index in range(world.num_cells))
    near = ("{:+d}, {:+d}".format(*offset) for offset in near_offsets(sight))
    return (
        *(f"agent in cell ({x}, {y})" for x, y in cells),
        *(f"level of {name}" for name in world.meter_names),
        *(f"{name} is here" for name in world.affordance_names),
        "no affordance is here",
        *(
            f"{what} at ({where})"
            for where in near
            for what in (*world.affordance_names, "no affordance", "no way")
        ),
    )
