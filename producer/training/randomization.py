"""The rearrangement of the town: every affordance moves, and the event says from where to where."""

from core.events import AffordancesRandomized, Placement
from producer.environment.town import Town

__all__ = ["placements", "randomize_affordances"]


def randomize_affordances(town: Town, episode: int, seed: int) -> AffordancesRandomized:
    """Move every affordance of `town` to a cell drawn by `seed`; `episode` is the last finished one."""
    old = town.placements()
    town.randomize_affordances(seed)
    return AffordancesRandomized(
        episode=episode, seed=seed, old=placements(old), new=placements(town.placements())
    )


def placements(cells: dict[str, tuple[int, int]]) -> tuple[Placement, ...]:
    """Where affordances stand, as events describe it; `cells` are (x, y) by the affordance's name."""
    return tuple(Placement(name, x, y) for name, (x, y) in cells.items())
