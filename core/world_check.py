"""The checks of a town that types alone cannot make: sizes, unique names, cells in the grid, known meters."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from core.errors import ConfigError
from core.world import MAX_CELLS, Affordance, World, money_text

__all__ = ["MAX_NAME", "Problem", "check_world", "name_problems", "world_problems"]

MAX_OBSTACLE_CELLS = 4 * MAX_CELLS
"""Cells that the obstacles of a town name together, at most, each as often as it is named."""
MAX_NAME = 40
"""Characters of a name, at most."""


class Problem(Struct, frozen=True):
    """Something in a configuration that cannot be."""

    key: str
    """Where it stands: "world.affordances[2].cell"; "" for the whole file."""
    text: str
    """One sentence that names the key, what is wrong and what would be right."""


def check_world(world: World, key: str = "world") -> None:
    """Check a whole town; `key` is where it stands in the file.

    Raises:
        ConfigError: one sentence that names the key, what was wrong and what would be right.
    """
    for problem in world_problems(world, key):
        raise ConfigError(problem.text)


def world_problems(world: World, key: str = "world") -> Iterator[Problem]:
    """Everything that is wrong in a town; `key` is where it stands in the file."""
    if world.num_cells > MAX_CELLS:
        yield Problem(
            f"{key}.width",
            f"{key}.width × {key}.height is {world.width} × {world.height} = {world.num_cells} cells;"
            f" a town has at most {MAX_CELLS}, for example 64 × 64",
        )
    yield from name_problems(world.meter_names, f"{key}.meters")
    yield from name_problems(world.affordance_names, f"{key}.affordances")
    known = set(world.meter_names)
    if world.money_meter is not None and world.money_meter not in known:
        yield Problem(
            f"{key}.money_meter",
            f"{key}.money_meter names {world.money_meter!r}, which is none of {key}.meters;"
            " name one of them, or write null for a town without money",
        )
    for i, meter in enumerate(world.meters):
        low, high = meter.start_range
        if not 0.0 <= low <= high <= 1.0:
            written = [low, high] if isinstance(meter.start, tuple) else meter.start
            yield Problem(
                f"{key}.meters[{i}].start",
                f"{key}.meters[{i}].start of {meter.name} is {written};"
                f" write a level or [low, high], from 0 to 1",
            )
    for i, coupling in enumerate(world.couplings):
        yield from _unknown_meters((coupling.meter, coupling.drains), known, f"{key}.couplings[{i}]")
    wrong = [*_outside_obstacles(world, key)] or [*_too_many_obstacles(world, key)]
    yield from wrong
    taken: dict[tuple[int, int], str] = {}
    for i, affordance in enumerate(world.affordances):
        here = f"{key}.affordances[{i}]"
        x, y = affordance.cell
        said = f"{here}.cell of {affordance.name}"
        yield from _outside(world, affordance.cell, f"{here}.cell", said)
        obstacle = None if wrong else world.obstacle_cells.get(world.cell_index(affordance.cell))
        if obstacle is not None:
            yield Problem(
                f"{here}.cell",
                f"{said} is [{x}, {y}], a cell of {obstacle};"
                f" choose another cell, or take that cell out of {key}.obstacles",
            )
        if affordance.cell in taken:
            yield Problem(
                f"{here}.cell",
                f"{said} is [{x}, {y}], taken by {taken[affordance.cell]}; choose another cell",
            )
        taken.setdefault(affordance.cell, affordance.name)
        yield from _unknown_meters(affordance.effects, known, f"{here}.effects")
        yield from _unknown_meters(affordance.refuses_above, known, f"{here}.refuses_above")
        if affordance.reduced_wage is not None:
            yield from _unknown_meters(affordance.reduced_wage.below, known, f"{here}.reduced_wage.below")
        yield from _money_problems(affordance, world, here)


def _outside_obstacles(world: World, key: str) -> Iterator[Problem]:
    for i, obstacle in enumerate(world.obstacles):
        here = f"{key}.obstacles[{i}]"
        yield from _outside(world, obstacle.cell, f"{here}.cell", f"{here}.cell")
        if obstacle.to is not None:
            yield from _outside(world, obstacle.to, f"{here}.to", f"{here}.to")


def _too_many_obstacles(world: World, key: str) -> Iterator[Problem]:
    # every affordance has to find another cell when the town is rearranged
    named = sum(obstacle.area for obstacle in world.obstacles)
    if named > MAX_OBSTACLE_CELLS:
        yield Problem(
            f"{key}.obstacles",
            f"{key}.obstacles names {named} cells, many of them again and again; name each cell once",
        )
        return
    needed = max(2, len(world.affordances))
    if len(world.open_cells) < needed:
        yield Problem(
            f"{key}.obstacles",
            f"{key}.obstacles leaves {len(world.open_cells)} of {world.num_cells} cells;"
            f" {len(world.affordances)} affordances need at least {needed}",
        )


def _outside(world: World, cell: tuple[int, int], key: str, said: str) -> Iterator[Problem]:
    x, y = cell
    if not (0 <= x < world.width and 0 <= y < world.height):
        yield Problem(
            key,
            f"{said} is [{x}, {y}], outside the town;"
            f" x goes from 0 to {world.width - 1} and y from 0 to {world.height - 1}",
        )


def _money_problems(affordance: Affordance, world: World, key: str) -> Iterator[Problem]:
    reduced = affordance.reduced_wage
    amounts = {"price": affordance.price, "wage": affordance.wage}
    if reduced is not None:
        amounts["reduced_wage.wage"] = reduced.wage
    if world.money_meter in affordance.effects:
        yield Problem(
            f"{key}.effects", f"{key}.effects changes {world.money_meter}; use price and wage for money"
        )
    for name, amount in amounts.items():
        text = money_text(f"{amount:g}", world.currency)
        if world.money_meter is None and amount > 0.0:
            yield Problem(
                f"{key}.{name}",
                f"{key}.{name} of {affordance.name} is {text}, but world.money_meter is null: a town without"
                " money has no prices and no wages",
            )
        elif amount > world.dollars_when_full:
            yield Problem(
                f"{key}.{name}",
                f"{key}.{name}: {text} is more than the money meter holds,"
                f" {money_text(f'{world.dollars_when_full:g}', world.currency)}",
            )


def name_problems(names: list[str], key: str) -> Iterator[Problem]:
    """What is wrong with the names of a list of things, of which each needs one of its own."""
    for i, name in enumerate(names):
        here = f"{key}[{i}].name"
        if not name or len(name) > MAX_NAME or not name.isprintable() or name != name.strip():
            yield Problem(
                here,
                f"{here} is {_shortened(name)!r}; a name has 1 to {MAX_NAME} characters that can be seen, and"
                " no space at either end",
            )
        if name in names[:i]:
            yield Problem(here, f"{here} {_shortened(name)!r} is taken already; each name may occur once")
    if not names:
        yield Problem(key, f"{key} is empty; a town needs at least one")


def _shortened(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}…"


def _unknown_meters(names: Iterable[str], known: set[str], key: str) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield Problem(
                key,
                f"{key} names the meter {_shortened(name)!r}; the meters are {', '.join(sorted(known))}",
            )
