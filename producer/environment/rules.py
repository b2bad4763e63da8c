"""The rules of a world as tables of tensors, which `producer.environment.town` looks up in every step.

Rows of the tables that end in "[rows]", in this order: one for each affordance at its full wage; one for each
affordance at its reduced wage; INTERACT without effect; a move.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from core.observation import near_cells
from core.world import NEIGHBOURS, World

__all__ = [
    "ACTIONS",
    "INTERACT",
    "MOVES",
    "Coupling",
    "Rules",
    "near_affordances",
    "rules_of",
    "select_rows",
]

ACTIONS = ("UP", "DOWN", "LEFT", "RIGHT", "INTERACT")
INTERACT = 4
MOVES = (*NEIGHBOURS, (0, 0))
"""Change of (x, y) by each action."""

PRICE_TOLERANCE = 0.001
"""Dollars: an agent with $5 can pay a price of $5, whatever rounding in float32 made of it."""


class Coupling(NamedTuple):
    """A low meter drains another meter: each step by `rate` · (`below` − level), while level < `below`."""

    source: int
    """Index of the low meter."""
    below: float
    target: int
    """Index of the drained meter."""
    rate: Tensor
    """[] float32"""


class Rules(NamedTuple):
    """The tables of a world, on one device."""

    next_cell: Tensor
    """[num_cells · num_actions] int64: the cell that an action in a cell leads to; borders and obstacles stop
    a move."""
    near: Tensor
    """[num_cells, near] int64: the near cells of each cell, num_cells for one that nobody can enter."""
    limits: Tensor
    """[rows, 3, num_meters]: −(lowest level served), highest level served, −(lowest level at full wage)."""
    limit_signs: Tensor
    """[3, 1]: the sign with which a level is added to each of the three limits."""
    effects: Tensor
    """[rows, num_meters]: change of the meters, without their drain."""
    affordance_used: Tensor
    """[rows] int64: index of the affordance that takes effect, or −1."""
    num_affordances: int
    no_effect_row: int
    move_row: int
    couplings: list[Coupling]


def rules_of(world: World, device: torch.device, sight: int = 0) -> Rules:
    """Build the tables of `world` on `device`, for agents that see `sight` cells in each direction."""
    names, count = world.meter_names, len(world.affordances)
    money = None if world.money_meter is None else names.index(world.money_meter)
    no_effect_row, move_row = 2 * count, 2 * count + 1
    # Levels lie in [0, 1]: −1 and 2 are limits that every level keeps.
    lowest = torch.full((2 * count + 2, len(names)), -1.0)
    highest = torch.full_like(lowest, 2.0)
    lowest_at_full_wage = torch.full_like(lowest, -1.0)
    effects = torch.zeros_like(lowest)
    for i, affordance in enumerate(world.affordances):
        reduced = affordance.reduced_wage
        if money is not None and affordance.price > 0.0:
            lowest[i, money] = (affordance.price - PRICE_TOLERANCE) / world.dollars_when_full
        for name, level in affordance.refuses_above.items():
            highest[i, names.index(name)] = level
        for name, level in (reduced.below if reduced is not None else {}).items():
            lowest_at_full_wage[i, names.index(name)] = level
        reduced_wage = reduced.wage if reduced is not None else affordance.wage
        for row, wage in ((i, affordance.wage), (i + count, reduced_wage)):
            for name, change in affordance.effects.items():
                effects[row, names.index(name)] = change
            if money is not None:
                effects[row, money] = (wage - affordance.price) / world.dollars_when_full
    for m, meter in enumerate(world.meters):
        effects[move_row, m] = -meter.move_cost
    return Rules(
        next_cell=_next_cell(world).to(device),
        near=torch.from_numpy(near_cells(world.width, world.height, world.obstacle_cells, sight)).to(device),
        limits=torch.stack((-lowest, highest, -lowest_at_full_wage), 1).to(device),
        limit_signs=torch.tensor([[1.0], [-1.0], [1.0]], device=device),
        effects=effects.to(device),
        affordance_used=torch.tensor([*range(count), *range(count), -1, -1], device=device),
        num_affordances=count,
        no_effect_row=no_effect_row,
        move_row=move_row,
        couplings=[
            Coupling(
                names.index(coupling.meter),
                coupling.below,
                names.index(coupling.drains),
                torch.tensor(coupling.by / coupling.below, device=device),
            )
            for coupling in world.couplings
        ],
    )


def select_rows(rules: Rules, row: Tensor, meters: Tensor) -> Tensor:
    """The row of the effects that each agent gets, `[num_agents]` int64.

    `row` `[num_agents]` is the row at full wage of the affordance that the agent interacts with, the row
    without effect, or the row of a move; `meters` are `[num_agents, num_meters]`. For each agent, over all
    meters m:

        served       if min(level[m] − lowest[m]) ≥ 0 and min(highest[m] − level[m]) ≥ 0
        reduced wage if min(level[m] − lowest_at_full_wage[m]) < 0

    All three minima have the form min(limit[m] ± level[m]): one multiply-add and one reduction compute them
    together, which is faster than six comparisons. Overwrites `row`.
    """
    limits = rules.limits.index_select(0, row)
    margin = torch.addcmul(limits, meters.unsqueeze(1), rules.limit_signs).amin(2)
    served = margin[:, :2].amin(1) >= 0.0
    reduced_wage = margin[:, 2] < 0.0
    row = row.add_(reduced_wage, alpha=rules.num_affordances)
    return torch.where(served, row, rules.no_effect_row)


def near_affordances(affordance_at: Tensor, near: Tensor, num_affordances: int) -> Tensor:
    """What stands in the near cells of every cell: `core.observation.near_affordances` on torch.

    `affordance_at` is `[num_cells]` and `near` `[num_cells, near]`, as is the result; all are int64.
    """
    closed = torch.full_like(affordance_at[:1], num_affordances + 1)
    return torch.cat((affordance_at, closed))[near]


def _next_cell(world: World) -> Tensor:
    table = []
    for index in range(world.num_cells):
        x, y = world.cell_xy(index)
        for dx, dy in MOVES:
            to = (min(max(x + dx, 0), world.width - 1), min(max(y + dy, 0), world.height - 1))
            reached = world.cell_index(to)
            table.append(index if reached in world.obstacle_cells else reached)
    return torch.tensor(table)
