"""What is odd about a town: valid, but perhaps not what was meant. It follows from the description alone."""

import math
from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from core.config_schema import RunConfig, Stage
from core.economy import best_offers, longest_without_work
from core.world import NEIGHBOURS, Affordance, Meter, World

__all__ = ["MOST_PURCHASES", "Need", "find_odd", "needs", "regions"]

MOST_PURCHASES = 200_000
"""Combinations of purchases that are tried for the bound on a life without work."""


class Need(Struct, frozen=True, kw_only=True):
    """How long an agent lives without what fills a vital meter, in the last stage."""

    meter: str
    walking: int | None
    """Steps in which a walking agent empties the meter; None where walking never does."""
    still: int | None
    """The same for an agent that does not move."""
    filled_by: list[str]
    """The affordances that raise the meter."""

    @property
    def text(self) -> str:
        """The same as a sentence."""
        walking, still = (
            "any number of" if steps is None else str(steps) for steps in (self.walking, self.still)
        )
        filled = ", ".join(self.filled_by) or "nothing"
        return f"{self.meter} lasts {walking} steps of walking, {still} without moving; filled by {filled}"


def find_odd(config: RunConfig, most_purchases: int = MOST_PURCHASES) -> list[str]:
    """A sentence for each thing that is odd; `most_purchases` bounds the time that it takes."""
    return [
        *_odd_cells(config.world),
        *_odd_affordances(config),
        *_odd_meters(config),
        *_odd_economy(config, most_purchases),
    ]


def needs(config: RunConfig) -> list[Need]:
    """A need for each vital meter of the last stage."""
    stage = config.curriculum.stages[-1]
    return [
        Need(
            meter=meter.name,
            walking=_steps(meter, meter.drain * stage.depletion + meter.move_cost),
            still=_steps(meter, meter.drain * stage.depletion),
            filled_by=[
                place.name for place in config.world.affordances if place.effects.get(meter.name, 0.0) > 0
            ],
        )
        for meter in _vital(config.world, stage)
    ]


def regions(world: World) -> list[set[int]]:
    """The open cells that can be reached from one another, by index; the largest region first."""
    left, found = set(world.open_cells), []
    while left:
        start = min(left)
        reached, queue = {start}, deque([start])
        while queue:
            x, y = world.cell_xy(queue.popleft())
            for dx, dy in NEIGHBOURS:
                if not (0 <= x + dx < world.width and 0 <= y + dy < world.height):
                    continue
                cell = world.cell_index((x + dx, y + dy))
                if cell in left and cell not in reached:
                    reached.add(cell)
                    queue.append(cell)
        found.append(reached)
        left -= reached
    return sorted(found, key=lambda region: (-len(region), min(region)))


def _odd_cells(world: World) -> Iterator[str]:
    for region in regions(world)[1:]:
        x, y = world.cell_xy(min(region))
        cells = "1 cell" if len(region) == 1 else f"{len(region)} cells"
        inside = [place.name for place in world.affordances if world.cell_index(place.cell) in region]
        yield (
            f"{cells} around [{x}, {y}] cannot be reached from the rest of the town; episodes start there"
            + (f", and {' and '.join(inside)} cannot be reached" if inside else "")
        )


def _odd_affordances(config: RunConfig) -> Iterator[str]:
    world = config.world
    wanted = _wanted_meters(config)
    earns = world.money_meter is None or any(place.wage > 0.0 for place in world.affordances)
    most = math.inf if earns else _start(world, str(world.money_meter)) * world.dollars_when_full
    for i, place in enumerate(world.affordances):
        gains = {name for name, change in place.effects.items() if change > 0.0}
        if place.wage == 0.0 and not gains & wanted:
            yield f"nobody needs {place.name}: it pays nothing and fills no meter that a stage counts"
        if place.price > most:
            yield f"nobody can pay {place.name}: nobody earns, and {most:g} is the most at the start"
        for other in world.affordances[:i] + world.affordances[i + 1 :]:
            if _never_better(place, other, config):
                yield f"{place.name} is never better than {other.name}, apart from where it stands"
                break


def _odd_meters(config: RunConfig) -> Iterator[str]:
    world = config.world
    used = {coupling.meter for coupling in world.couplings} | {world.money_meter}
    active = {name for stage in config.curriculum.stages for name in stage.active_meters}
    for meter in world.meters:
        filled = any(place.effects.get(meter.name, 0.0) > 0.0 for place in world.affordances)
        falls = meter.drain > 0.0 or meter.move_cost > 0.0
        falls |= any(coupling.drains == meter.name for coupling in world.couplings)
        falls |= any(place.effects.get(meter.name, 0.0) < 0.0 for place in world.affordances)
        if meter.name not in active | used:
            yield f"the meter {meter.name} counts in no stage and drains no other meter"
        elif not meter.vital or meter.name not in active or meter.name == world.money_meter:
            continue
        elif not falls:
            yield f"{meter.name} is vital, but never falls"
        elif not filled:
            yield f"nothing fills {meter.name}, so no episode lasts longer than it does"


def _odd_economy(config: RunConfig, most_purchases: int) -> Iterator[str]:
    world, limit = config.world, config.training.max_steps_per_episode
    if world.money_meter is None or not any(place.wage > 0.0 for place in world.affordances):
        return
    dollars = _start(world, world.money_meter) * world.dollars_when_full
    for number, stage in enumerate(config.curriculum.stages, 1):
        prices = [offer.price for offer in best_offers(world, stage) if offer.price > 0.0]
        if math.prod(int(dollars / price) + 1 for price in prices) > most_purchases:
            continue
        (longest,) = longest_without_work(world, stage, [dollars], limit)
        if longest >= limit:
            yield (
                f"stage {number} can be lived in without work: {dollars:g} at the start, and what is free,"
                f" last all {limit} steps"
            )


def _wanted_meters(config: RunConfig) -> set[str]:
    """Meters that count in a stage, and those that drain such a meter when they are low."""
    wanted = {name for stage in config.curriculum.stages for name in stage.active_meters}
    for _ in config.world.couplings:
        wanted |= {coupling.meter for coupling in config.world.couplings if coupling.drains in wanted}
    return wanted


def _never_better(place: Affordance, other: Affordance, config: RunConfig) -> bool:
    """Whether `other` costs less or pays more, or gives more, and is worse in nothing."""
    meters = _wanted_meters(config)
    differences = [other.effects.get(name, 0.0) - place.effects.get(name, 0.0) for name in sorted(meters)]
    differences += [place.price - other.price, other.wage - place.wage]
    refused_less = all(
        level >= place.refuses_above.get(name, 1.0) for name, level in other.refuses_above.items()
    )
    return refused_less and other.reduced_wage is None and min(differences) >= 0.0 and max(differences) > 0.0


def _vital(world: World, stage: Stage) -> list[Meter]:
    return [meter for meter in world.meters if meter.vital and meter.name in stage.active_meters]


def _start(world: World, name: str) -> float:
    """The highest level of a meter at the start of an episode."""
    return world.meters[world.meter_names.index(name)].start_range[1]


def _steps(meter: Meter, drain: float) -> int | None:
    """Steps in which `drain` a step empties a meter that starts at its lowest; None if it never does."""
    return round(meter.start_range[0] / drain) if drain > 0.0 else None
