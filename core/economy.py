"""How long an episode can last without work: an upper bound, from prices and drains alone.

No simulation: walking is free here and every purchase takes its full effect, so no policy can last longer
than this without earning. The best purchases for an amount of money are found by trying all of them, less
those that cannot be among the best: an affordance that helps no vital meter, and one that another affordance
beats in price and in every effect.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from core.config_schema import Stage
from core.world import Affordance, Meter, World

__all__ = ["best_offers", "longest_without_work", "mean_longest_without_work"]


def longest_without_work(world: World, stage: Stage, dollars: Sequence[float], max_steps: int) -> list[float]:
    """For each amount of money the steps that the best purchases can pay for, at most `max_steps`."""
    vital = _vital_meters(world, stage)
    offers = best_offers(world, stage)
    if any(offer.price == 0.0 for offer in offers):
        return [float(max_steps)] * len(dollars)  # no bound: what costs nothing can be used for ever
    start = [meter.start_range[1] for meter in vital]
    paid = sorted(
        (cost, _steps(levels, vital, stage, max_steps))
        for cost, levels in _purchases(offers, vital, start, max(dollars, default=0.0))
    )
    costs = [cost for cost, _ in paid]
    longest = list(accumulate((steps for _, steps in paid), max))
    return [longest[bisect_right(costs, amount + 1e-9) - 1] for amount in dollars]


def best_offers(world: World, stage: Stage) -> list[Affordance]:
    """What can be among the best purchases in a stage; only what costs nothing, if anything costs nothing."""
    vital = _vital_meters(world, stage)
    helpful = [
        affordance
        for affordance in world.affordances
        if affordance.wage == 0.0 and any(affordance.effects.get(meter.name, 0.0) > 0.0 for meter in vital)
    ]
    free = [affordance for affordance in helpful if affordance.price == 0.0]
    return free or [offer for offer in helpful if not any(_beats(other, offer, vital) for other in helpful)]


def mean_longest_without_work(world: World, stage: Stage, max_steps: int, samples: int = 41) -> float:
    """The mean of the bound over `samples` amounts of money, spread evenly over the initial amounts."""
    if world.money_meter is None:
        return longest_without_work(world, stage, [0.0], max_steps)[0]
    money = world.meters[world.meter_names.index(world.money_meter)]
    low, high = (level * world.dollars_when_full for level in money.start_range)
    spread = [low + (high - low) * i / (samples - 1) for i in range(samples)]
    return sum(longest_without_work(world, stage, spread, max_steps)) / samples


def _beats(one: Affordance, other: Affordance, vital: list[Meter]) -> bool:
    """Whether `one` costs no more than `other` and has no lesser effect on any vital meter, and differs."""
    gains = [one.effects.get(meter.name, 0.0) - other.effects.get(meter.name, 0.0) for meter in vital]
    return min(gains) >= 0.0 and one.price <= other.price and (max(gains) > 0.0 or one.price < other.price)


def _vital_meters(world: World, stage: Stage) -> list[Meter]:
    return [meter for meter in world.meters if meter.vital and meter.name in stage.active_meters]


def _steps(levels: Sequence[float], vital: list[Meter], stage: Stage, max_steps: int) -> float:
    """Steps until the first vital meter is empty."""
    steps = float(max_steps)
    for level, meter in zip(levels, vital, strict=True):
        drain = meter.drain * stage.depletion
        if drain > 0.0:
            steps = min(steps, level / drain)
    return steps


def _purchases(
    offers: Sequence[Affordance], vital: list[Meter], levels: list[float], dollars: float, spent: float = 0.0
) -> Iterator[tuple[float, list[float]]]:
    """Every purchase that the dollars allow: its cost, and the levels of the vital meters after it."""
    if not offers:
        yield spent, levels
        return
    first, rest = offers[0], offers[1:]
    effects = [first.effects.get(meter.name, 0.0) for meter in vital]
    for count in range(int((dollars - spent) / first.price + 1e-9) + 1):
        raised = [level + count * effect for level, effect in zip(levels, effects, strict=True)]
        yield from _purchases(rest, vital, raised, dollars, spent + count * first.price)
