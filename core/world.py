"""A town as data: the grid, the meters, the couplings between meters, the affordances (prices, effects).

This module holds only the description, read from YAML and checked. `producer.environment.town` holds the
behaviour.
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from core.errors import ConfigError

__all__ = ["Affordance", "Coupling", "Meter", "ReducedWage", "World", "check_world", "money_text"]

Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Change = Annotated[float, Meta(ge=-1.0, le=1.0)]
Dollars = Annotated[float, Meta(ge=0.0)]

MAX_CELLS = 256
"""A cell index has to fit one byte of a packed path."""


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
    cell: tuple[int, int]
    """(x, y), counted from the upper left corner."""
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


class World(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole town."""

    width: Annotated[int, Meta(ge=2, le=MAX_CELLS)]
    height: Annotated[int, Meta(ge=2, le=MAX_CELLS)]
    meters: list[Meter]
    affordances: list[Affordance]
    couplings: list[Coupling] = []
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
    if world.money_meter is not None and world.money_meter not in known:
        raise ConfigError(
            f"{key}.money_meter names {world.money_meter!r}, which is none of {key}.meters;"
            " name one of them, or write null for a town without money"
        )
    for i, meter in enumerate(world.meters):
        low, high = meter.start_range
        if not 0.0 <= low <= high <= 1.0:
            written = [low, high] if isinstance(meter.start, tuple) else meter.start
            raise ConfigError(
                f"{key}.meters[{i}].start of {meter.name} is {written};"
                f" write a level or [low, high], from 0 to 1"
            )
    for i, coupling in enumerate(world.couplings):
        _check_meters((coupling.meter, coupling.drains), known, f"{key}.couplings[{i}]")
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
        if affordance.reduced_wage is not None:
            _check_meters(affordance.reduced_wage.below, known, f"{here}.reduced_wage.below")
        _check_money(affordance, world, here)


def _check_money(affordance: Affordance, world: World, key: str) -> None:
    reduced = affordance.reduced_wage
    amounts = {"price": affordance.price, "wage": affordance.wage}
    if reduced is not None:
        amounts["reduced_wage.wage"] = reduced.wage
    if world.money_meter is None:
        for name, amount in amounts.items():
            if amount > 0.0:
                raise ConfigError(
                    f"{key}.{name} of {affordance.name} is {money_text(f'{amount:g}', world.currency)}, but"
                    " world.money_meter is null: a town without money has no prices and no wages"
                )
        return
    if world.money_meter in affordance.effects:
        raise ConfigError(f"{key}.effects changes {world.money_meter}; use price and wage for money")
    for name, amount in amounts.items():
        if amount > world.dollars_when_full:
            raise ConfigError(
                f"{key}.{name}: {money_text(f'{amount:g}', world.currency)} is more than the money meter"
                f" holds, {money_text(f'{world.dollars_when_full:g}', world.currency)}"
            )


def _check_unique(names: list[str], key: str) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise ConfigError(f"{key}[{i}].name {name!r} is taken already; each name may occur once")
    if not names:
        raise ConfigError(f"{key} is empty; a town needs at least one")


def _check_meters(names: Iterable[str], known: set[str], key: str) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(f"{key} names the meter {name!r}; the meters are {', '.join(sorted(known))}")
