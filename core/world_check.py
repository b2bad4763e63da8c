"""The checks of a town that types alone cannot make: sizes, unique names, cells in the grid, known meters."""

from collections.abc import Iterable

from core.errors import ConfigError
from core.world import MAX_CELLS, Affordance, World, money_text

__all__ = ["check_world"]


def check_world(world: World, key: str = "world") -> None:
    """Check a whole town; `key` is where it stands in the file.

    Raises:
        ConfigError: one sentence that names the key, what was wrong and what would be right.
    """
    if world.num_cells > MAX_CELLS:
        raise ConfigError(
            f"{key}.width × {key}.height is {world.width} × {world.height} = {world.num_cells} cells;"
            f" a town has at most {MAX_CELLS}, for example 64 × 64"
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
    _check_obstacles(world, key)
    taken: dict[tuple[int, int], str] = {}
    for i, affordance in enumerate(world.affordances):
        here = f"{key}.affordances[{i}]"
        x, y = affordance.cell
        _check_inside(world, affordance.cell, f"{here}.cell of {affordance.name}")
        obstacle = world.obstacle_cells.get(world.cell_index(affordance.cell))
        if obstacle is not None:
            raise ConfigError(
                f"{here}.cell of {affordance.name} is [{x}, {y}], a cell of {obstacle};"
                f" choose another cell, or take that cell out of {key}.obstacles"
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


def _check_obstacles(world: World, key: str) -> None:
    for i, obstacle in enumerate(world.obstacles):
        here = f"{key}.obstacles[{i}]"
        _check_inside(world, obstacle.cell, f"{here}.cell")
        if obstacle.to is not None:
            _check_inside(world, obstacle.to, f"{here}.to")
    # every affordance has to find another cell when the town is rearranged
    needed = max(2, len(world.affordances))
    if len(world.open_cells) < needed:
        raise ConfigError(
            f"{key}.obstacles leaves {len(world.open_cells)} of {world.num_cells} cells;"
            f" {len(world.affordances)} affordances need at least {needed}"
        )


def _check_inside(world: World, cell: tuple[int, int], key: str) -> None:
    x, y = cell
    if not (0 <= x < world.width and 0 <= y < world.height):
        raise ConfigError(
            f"{key} is [{x}, {y}], outside the town;"
            f" x goes from 0 to {world.width - 1} and y from 0 to {world.height - 1}"
        )


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
