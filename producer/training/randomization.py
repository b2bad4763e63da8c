"""The rearrangement of the town: every affordance moves, and the event says from where to where."""

from core.events import AffordancesRandomized
from producer.environment.town import Town
from producer.environment.world_map import placements

__all__ = ["randomize_affordances"]


def randomize_affordances(town: Town, episode: int, seed: int) -> AffordancesRandomized:
    """Move every affordance of `town` to a cell drawn by `seed`; `episode` is the last finished one."""
    old = town.placements()
    town.randomize_affordances(seed)
    return AffordancesRandomized(
        episode=episode, seed=seed, old=placements(old), new=placements(town.placements())
    )
