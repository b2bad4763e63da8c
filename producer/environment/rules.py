"""What the world allows and what it does to the meters, as tables that `producer.environment.town` looks up.

A table's rows: the affordances; the same once more, for the tired; nothing (served nobody); a move. What the
world is made of is `core.world`; how lives go by these rules is `producer.environment.town`.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from core.world import World

__all__ = ["ACTIONS", "INTERACT", "Drag", "Rules", "rules_of"]

ACTIONS = ("UP", "DOWN", "LEFT", "RIGHT", "INTERACT")
INTERACT = 4
MOVES = ((0, -1), (0, 1), (-1, 0), (1, 0), (0, 0))
"""Where each action leads, (x, y)."""


class Drag(NamedTuple):
    """A low meter pulls another one down: by `slope` times what it lacks to `below`, each step."""

    source: int
    below: float
    target: int
    slope: Tensor
    """[]"""


class Rules(NamedTuple):
    """The world's tables, on a device."""

    move_to: Tensor
    """[num_cells · num_actions] int64: the cell each action leads to; walls hold."""
    bounds: Tensor
    """[rows, 3, num_meters]: minus the lowest level served, the highest, minus the level that is tired."""
    effects: Tensor
    """[rows, num_meters]: change of the meters, without what drains them."""
    used: Tensor
    """[rows] int64: the affordance that took effect, or −1."""
    nothing_row: int
    move_row: int
    drags: list[Drag]


def rules_of(world: World, device: torch.device) -> Rules:
    """The tables of a world."""
    names, count = world.meter_names, len(world.affordances)
    purse = names.index(world.purse)
    nothing_row, move_row = 2 * count, 2 * count + 1
    lowest = torch.full((2 * count + 2, len(names)), -1.0)
    highest = torch.full_like(lowest, 2.0)
    tired_below = torch.full_like(lowest, -1.0)
    effects = torch.zeros_like(lowest)
    for i, affordance in enumerate(world.affordances):
        tired = affordance.tired
        # A tenth of a cent of tolerance: $5 must buy what costs $5, whatever float32 made of it.
        if affordance.price > 0.0:
            lowest[i, purse] = (affordance.price - 0.001) / world.purse_holds
        for name, level in affordance.refuses_above.items():
            highest[i, names.index(name)] = level
        for name, level in (tired.below if tired is not None else {}).items():
            tired_below[i, names.index(name)] = level
        tired_wage = tired.wage if tired is not None else affordance.wage
        for row, wage in ((i, affordance.wage), (i + count, tired_wage)):
            for name, change in affordance.effects.items():
                effects[row, names.index(name)] = change
            effects[row, purse] = (wage - affordance.price) / world.purse_holds
    for m, meter in enumerate(world.meters):
        effects[move_row, m] = -meter.move_cost
    return Rules(
        move_to=_move_to(world).to(device),
        bounds=torch.stack((-lowest, highest, -tired_below), 1).to(device),
        effects=effects.to(device),
        used=torch.tensor([*range(count), *range(count), -1, -1], device=device),
        nothing_row=nothing_row,
        move_row=move_row,
        drags=[
            Drag(
                names.index(drag.meter),
                drag.below,
                names.index(drag.drains),
                torch.tensor(drag.by / drag.below, device=device),
            )
            for drag in world.drags
        ],
    )


def _move_to(world: World) -> Tensor:
    table = []
    for index in range(world.num_cells):
        x, y = world.cell_xy(index)
        for dx, dy in MOVES:
            to = (min(max(x + dx, 0), world.width - 1), min(max(y + dy, 0), world.height - 1))
            table.append(world.cell_index(to))
    return torch.tensor(table)
