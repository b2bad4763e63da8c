"""The town as data, for a student who plays an episode: the rules of `producer.environment.rules` in JSON."""

from collections.abc import Sequence
from typing import Any

import msgspec

from core.events import Placement
from core.world import World
from projections.readmodels.run import Run

PRICE_TOLERANCE = 0.001
"""Dollars by which an agent may have too little; as in the town."""


def town_of(
    config: dict[str, Any], run: Run, layout: Sequence[Placement], beside: Sequence[tuple[str, int]]
) -> dict[str, Any] | None:
    """The town of a run in its last stage; `beside` names episodes and their survival. None without a world.

    A level below `lowest` or above `highest` is refused; one below `full_from` gets the reduced wage.
    """
    try:
        world = msgspec.convert(config.get("world"), World)
    except msgspec.ValidationError:
        return None
    if not world.meters or not world.affordances:
        return None
    stage = config.get("curriculum", {}).get("stages", [{}])[-1]
    depletion = float(stage.get("depletion", 1.0))
    active = stage.get("active_meters", world.meter_names)
    names = world.meter_names
    cells = {place.name: place.y * world.width + place.x for place in layout}
    return {
        "width": world.width,
        "height": world.height,
        "blocked": sorted({*run.walls, *run.water}),
        "limit": run.max_steps,
        "meters": [
            {
                "name": meter.name,
                "low": meter.start_range[0],
                "high": meter.start_range[1],
                "drain": meter.drain * depletion,
                "move_cost": meter.move_cost,
                "vital": meter.vital and meter.name in active,
            }
            for meter in world.meters
        ],
        "places": [
            _place(world, place.name, cells[place.name]) for place in world.affordances if place.name in cells
        ],
        "couplings": [
            {
                "source": names.index(coupling.meter),
                "below": coupling.below,
                "target": names.index(coupling.drains),
                "rate": coupling.by / coupling.below,
            }
            for coupling in world.couplings
        ],
        "beside": [{"name": name, "steps": steps} for name, steps in beside],
    }


def _place(world: World, name: str, cell: int) -> dict[str, Any]:
    affordance = next(place for place in world.affordances if place.name == name)
    names = world.meter_names
    money = None if world.money_meter is None else names.index(world.money_meter)
    lowest, highest, full_from = [-1.0] * len(names), [2.0] * len(names), [-1.0] * len(names)
    effects = [affordance.effects.get(meter, 0.0) for meter in names]
    reduced = list(effects)
    for meter, level in affordance.refuses_above.items():
        highest[names.index(meter)] = level
    wage = affordance.wage
    if affordance.reduced_wage is not None:
        wage = affordance.reduced_wage.wage
        for meter, level in affordance.reduced_wage.below.items():
            full_from[names.index(meter)] = level
    if money is not None:
        if affordance.price > 0.0:
            lowest[money] = (affordance.price - PRICE_TOLERANCE) / world.dollars_when_full
        effects[money] = (affordance.wage - affordance.price) / world.dollars_when_full
        reduced[money] = (wage - affordance.price) / world.dollars_when_full
    return {
        "name": name,
        "cell": cell,
        "effects": effects,
        "reduced": reduced,
        "lowest": lowest,
        "highest": highest,
        "full_from": full_from,
    }
