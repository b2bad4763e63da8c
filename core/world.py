"""A town as data: the grid, the meters, what drags on them, and the affordances (prices, effects).

Here is only the description, read from YAML and checked. How a town behaves is `producer.environment.town`.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from core.errors import ConfigError

__all__ = ["Affordance", "Drag", "Meter", "World", "check_world"]

Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Change = Annotated[float, Meta(ge=-1.0, le=1.0)]
Dollars = Annotated[float, Meta(ge=0.0)]

MAX_CELLS = 256
"""A cell index has to fit one byte of a packed path."""


class Meter(Struct, frozen=True, forbid_unknown_fields=True):
    """One of an agent's meters; its level always lies in [0, 1]."""

    name: str
    start: float | tuple[float, float]
    """Level at birth, or [low, high] to draw it uniformly from; 0 to 1."""
    drain: Fraction = 0.0
    """Lost every step, times the stage's depletion multiplier."""
    move_cost: Fraction = 0.0
    """Lost with every move, into a wall too; not scaled by the stage."""
    vital: bool = False
    """Whether an agent dies when this meter, active in its stage, reaches 0."""

    @property
    def start_range(self) -> tuple[float, float]:
        """Lowest and highest level at birth."""
        return self.start if isinstance(self.start, tuple) else (self.start, self.start)


class Drag(Struct, frozen=True, forbid_unknown_fields=True):
    """A low meter that drains another one."""

    meter: str
    """The meter whose lack is felt."""
    below: Annotated[float, Meta(gt=0.0, le=1.0)]
    """Level under which it is felt."""
    drains: str
    """The meter that suffers."""
    by: Fraction
    """Extra drain per step when `meter` is empty; proportionally less on the way from `below` to 0."""


class Tired(Struct, frozen=True, forbid_unknown_fields=True):
    """What an affordance pays instead to somebody in a bad state."""

    below: dict[str, Fraction]
    """Any of these meters under its level makes the agent tired."""
    wage: Dollars
    """Dollars paid then."""


class Affordance(Struct, frozen=True, forbid_unknown_fields=True):
    """A place where INTERACT does something."""

    name: str
    cell: tuple[int, int]
    """(x, y), counted from the upper left corner."""
    price: Dollars = 0.0
    """Dollars taken; who has less is refused, free of charge."""
    wage: Dollars = 0.0
    """Dollars paid."""
    effects: dict[str, Change] = {}
    """Change of each meter named, in meter units."""
    refuses_above: dict[str, Fraction] = {}
    """Whoever has one of these meters above its level needs nothing here and is refused, free of charge."""
    tired: Tired | None = None
    """Another wage for whoever comes in a bad state."""


class World(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole town."""

    width: Annotated[int, Meta(ge=2, le=MAX_CELLS)]
    height: Annotated[int, Meta(ge=2, le=MAX_CELLS)]
    meters: list[Meter]
    affordances: list[Affordance]
    drags: list[Drag] = []
    purse: str = "money"
    """The meter that holds the money."""
    purse_holds: Annotated[float, Meta(gt=0.0)] = 100.0
    """Dollars in a full purse."""

    @property
    def num_cells(self) -> int:
        return self.width * self.height

    @property
    def meter_names(self) -> list[str]:
        return [meter.name for meter in self.meters]

    @property
    def affordance_names(self) -> list[str]:
        return [affordance.name for affordance in self.affordances]

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


def check_world(world: World, key: str = "world") -> None:
    """Check what types alone cannot say: sizes, unique names, cells inside the grid, meters that exist.

    Raises ConfigError naming the key (`key` is where the world stands in the file).
    """
    if world.num_cells > MAX_CELLS:
        raise ConfigError(
            f"{key}.width × {key}.height is {world.num_cells} cells; a town has at most {MAX_CELLS}"
        )
    _check_unique(world.meter_names, f"{key}.meters")
    _check_unique(world.affordance_names, f"{key}.affordances")
    known = set(world.meter_names)
    if world.purse not in known:
        raise ConfigError(f"{key}.purse names {world.purse!r}, which is none of {key}.meters")
    for i, meter in enumerate(world.meters):
        low, high = meter.start_range
        if not 0.0 <= low <= high <= 1.0:
            written = [low, high] if isinstance(meter.start, tuple) else meter.start
            raise ConfigError(
                f"{key}.meters[{i}].start of {meter.name} is {written};"
                f" write a level or [low, high], from 0 to 1"
            )
    for i, drag in enumerate(world.drags):
        _check_meters({drag.meter: 0.0, drag.drains: 0.0}, known, f"{key}.drags[{i}]")
    taken: dict[tuple[int, int], str] = {}
    for i, affordance in enumerate(world.affordances):
        here = f"{key}.affordances[{i}]"
        x, y = affordance.cell
        if not (0 <= x < world.width and 0 <= y < world.height):
            raise ConfigError(
                f"{here}.cell of {affordance.name} is [{x}, {y}], outside the town;"
                f" x goes from 0 to {world.width - 1} and y from 0 to {world.height - 1}"
            )
        if affordance.cell in taken:
            raise ConfigError(
                f"{here}.cell of {affordance.name} is [{x}, {y}], taken by {taken[affordance.cell]}"
            )
        taken[affordance.cell] = affordance.name
        _check_meters(affordance.effects, known, f"{here}.effects")
        _check_meters(affordance.refuses_above, known, f"{here}.refuses_above")
        if affordance.tired is not None:
            _check_meters(affordance.tired.below, known, f"{here}.tired.below")
        if world.purse in affordance.effects:
            raise ConfigError(f"{here}.effects changes {world.purse}; use price and wage for money")
        for amount in (affordance.price, affordance.wage):
            if amount > world.purse_holds:
                raise ConfigError(f"{here}: ${amount:g} is more than a full purse, ${world.purse_holds:g}")


def _check_unique(names: list[str], key: str) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ConfigError(f"{key}[{i}].name {name!r} is taken already; each name may occur once")
    if not names:
        raise ConfigError(f"{key} is empty; a town needs at least one")


def _check_meters(levels: dict[str, float], known: set[str], key: str) -> None:
    for name in levels:
        if name not in known:
            raise ConfigError(f"{key} names the meter {name!r}; the meters are {', '.join(sorted(known))}")
