"""How long a life can last without work: an upper bound, from prices and drains alone.

Not a simulation: walking is free here and every purchase takes its full effect, so no policy can live longer
than this without earning.
"""

from collections.abc import Iterator

from core.config_schema import Stage
from core.world import World


def longest_without_work(world: World, stage: Stage, dollars: float, max_steps: int) -> float:
    """Steps that the best shopping list for these dollars can pay for, at most `max_steps`."""
    vital = [meter for meter in world.meters if meter.vital and meter.name in stage.active_meters]
    longest = 0.0
    for bought in _shopping_lists(world, dollars):
        steps = float(max_steps)
        for meter in vital:
            level = meter.start_range[1]
            level += sum(
                count * affordance.effects.get(meter.name, 0.0)
                for affordance, count in zip(world.affordances, bought, strict=True)
            )
            steps = min(steps, level / (meter.drain * stage.depletion))
        longest = max(longest, steps)
    return longest


def mean_longest_without_work(world: World, stage: Stage, max_steps: int, samples: int = 41) -> float:
    """The mean of the bound over `samples` amounts of money, spread evenly over the initial amounts."""
    if world.money_meter is None:
        return longest_without_work(world, stage, 0.0, max_steps)
    money = world.meters[world.meter_names.index(world.money_meter)]
    low, high = (level * world.dollars_when_full for level in money.start_range)
    spread = [low + (high - low) * i / (samples - 1) for i in range(samples)]
    return sum(longest_without_work(world, stage, dollars, max_steps) for dollars in spread) / samples


def _shopping_lists(world: World, dollars: float, first: int = 0) -> Iterator[tuple[int, ...]]:
    """How often each affordance from `first` on is paid: every way that the dollars allow, without work."""
    if first == len(world.affordances):
        yield ()
        return
    affordance = world.affordances[first]
    most = 0 if affordance.wage > 0.0 or affordance.price == 0.0 else int(dollars / affordance.price + 1e-9)
    for count in range(most + 1):
        for rest in _shopping_lists(world, dollars - count * affordance.price, first + 1):
            yield (count, *rest)
