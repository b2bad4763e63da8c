"""A town as data: the grid, its obstacles, the meters, couplings between meters, the affordances.

This module holds only the description, read from YAML. `core.world_check` checks it, and
`producer.environment.town` holds the behaviour.
"""

from functools import cached_property
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

__all__ = [
    "MAX_CELLS",
    "NEIGHBOURS",
    "Affordance",
    "Coupling",
    "Meter",
    "Obstacle",
    "ReducedWage",
    "World",
    "money_text",
]

Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Change = Annotated[float, Meta(ge=-1.0, le=1.0)]
Dollars = Annotated[float, Meta(ge=0.0)]

Side = Annotated[int, Meta(ge=2, le=256)]

MAX_CELLS = 64 * 64
"""Cells of a town, at most."""

NEIGHBOURS = ((0, -1), (0, 1), (-1, 0), (1, 0))
"""Change of (x, y) by a step up, down, to the left, to the right."""


class Meter(Struct, frozen=True, forbid_unknown_fields=True):
    """One of an agent's meters; its level always lies in [0, 1]."""

    name: str
    start: float | tuple[float, float]
    """Level at the start of an episode, or [low, high] to draw the level from uniformly; 0 to 1."""
    drain: Fraction = 0.0
    """Passive drain: lost every step, times the depletion of the stage."""
    move_cost: Fraction = 0.0
    """Lost with every move, into a wall too; not scaled by the stage."""
    vital: bool = False
    """Whether an episode ends when this meter, active in the stage of the episode, reaches 0."""
    when_low: str = ""
    """What people call an agent whose meter is low: "tired" for energy. A word for readers of the page; the
    town does not compute with the word."""

    @property
    def start_range(self) -> tuple[float, float]:
        """Lowest and highest level at the start of an episode."""
        return self.start if isinstance(self.start, tuple) else (self.start, self.start)


class Coupling(Struct, frozen=True, forbid_unknown_fields=True):
    """A low meter that drains another meter."""

    meter: str
    """The meter that drains the other one while it is low."""
    below: Annotated[float, Meta(gt=0.0, le=1.0)]
    """`meter` counts as low under this level."""
    drains: str
    """The meter that is drained."""
    by: Fraction
    """Extra drain per step when `meter` is empty; proportionally less on the way from `below` to 0."""


class ReducedWage(Struct, frozen=True, forbid_unknown_fields=True):
    """The wage that an affordance pays to an agent whose meters are low."""

    below: dict[str, Fraction]
    """The wage is reduced when any of these meters is under its level."""
    wage: Dollars
    """The reduced wage, in dollars."""


class Affordance(Struct, frozen=True, forbid_unknown_fields=True):
    """A place where INTERACT does something."""

    name: str
    """Names the affordance everywhere; two of one kind have different names, such as Bed and Bed2."""
    cell: tuple[int, int]
    """(x, y), counted from the upper left corner."""
    kind: str = ""
    """The drawing that stands for the affordance on the page: the name of another affordance, such as Bed for
    Bed2; if empty, the name itself. A word for readers; the town does not compute with the word."""
    price: Dollars = 0.0
    """Dollars taken; an agent with less is refused and pays nothing."""
    wage: Dollars = 0.0
    """Dollars paid to the agent."""
    effects: dict[str, Change] = {}
    """Change of each meter named, in meter units."""
    refuses_above: dict[str, Fraction] = {}
    """An agent with one of these meters above its level is refused and pays nothing."""
    reduced_wage: ReducedWage | None = None
    """Another wage for an agent whose meters are low; null for none."""


class Obstacle(Struct, frozen=True, forbid_unknown_fields=True):
    """A cell that agents cannot enter, or a rectangle of such cells; a move into it leads nowhere."""

    kind: Literal["wall", "water"]
    """How the cells are drawn; both kinds stop agents."""
    cell: tuple[int, int]
    """(x, y), counted from the upper left corner."""
    to: tuple[int, int] | None = None
    """(x, y) of the opposite corner of a rectangle; null for the one cell."""

    @property
    def area(self) -> int:
        """The number of cells of the obstacle."""
        (x, y), (to_x, to_y) = self.cell, self.to or self.cell
        return (abs(to_x - x) + 1) * (abs(to_y - y) + 1)

    @property
    def cells(self) -> list[tuple[int, int]]:
        """All cells (x, y) of the obstacle."""
        ends = zip(self.cell, self.to or self.cell, strict=True)
        (left, right), (top, bottom) = (sorted(pair) for pair in ends)
        return [(x, y) for y in range(top, bottom + 1) for x in range(left, right + 1)]


class World(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """The whole town."""

    width: Side
    height: Side
    meters: Annotated[list[Meter], Meta(max_length=16)]
    affordances: Annotated[list[Affordance], Meta(max_length=64)]
    couplings: list[Coupling] = []
    obstacles: list[Obstacle] = []
    """Walls and water."""
    money_meter: str | None = "money"
    """The meter that holds the money; null for a town without money."""
    dollars_when_full: Annotated[float, Meta(gt=0.0)] = 100.0
    """Dollars that the money meter stands for when it is full."""
    currency: str = "$"
    """What readers see beside an amount of money in place of the dollar: a sign stands before the number
    ("€5"), a word after it ("5 coins"). The town does not compute with the currency."""

    @property
    def num_cells(self) -> int:
        return self.width * self.height

    @property
    def meter_names(self) -> list[str]:
        return [meter.name for meter in self.meters]

    @property
    def affordance_names(self) -> list[str]:
        return [affordance.name for affordance in self.affordances]

    @property
    def meter_full_scale(self) -> dict[str, float]:
        """What 1.0 of a meter stands for where it is not a fraction: the dollars of a full money meter."""
        return {} if self.money_meter is None else {self.money_meter: self.dollars_when_full}

    @property
    def words_when_low(self) -> dict[str, str]:
        """What people call an agent whose meter is low, for the meters that have such a word."""
        return {meter.name: meter.when_low for meter in self.meters if meter.when_low}

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of each affordance whose kind is not its name."""
        return {place.name: place.kind for place in self.affordances if place.kind not in ("", place.name)}

    @cached_property
    def obstacle_cells(self) -> dict[int, str]:
        """The kind of obstacle in each cell that agents cannot enter, by cell index, in ascending order."""
        kinds = {self.cell_index(cell): each.kind for each in self.obstacles for cell in each.cells}
        return dict(sorted(kinds.items()))

    @cached_property
    def open_cells(self) -> list[int]:
        """The indices of all cells that agents can enter, in ascending order."""
        return [index for index in range(self.num_cells) if index not in self.obstacle_cells]

    def cell_index(self, cell: tuple[int, int]) -> int:
        """Row-major index of (x, y): y · width + x."""
        return cell[1] * self.width + cell[0]

    def cell_xy(self, index: int) -> tuple[int, int]:
        """(x, y) of a cell index."""
        return index % self.width, index // self.width

    def with_cells(self, cells: dict[str, tuple[int, int]]) -> "World":
        """The same town with the named affordances at other cells."""
        moved = [msgspec.structs.replace(a, cell=cells.get(a.name, a.cell)) for a in self.affordances]
        return msgspec.structs.replace(self, affordances=moved)


def money_text(amount: str, currency: str) -> str:
    """A written amount with its currency: "$5" with the sign "$", "5 coins" with the word "coins"."""
    return f"{amount} {currency}" if currency[-1:].isalpha() else f"{currency}{amount}"
