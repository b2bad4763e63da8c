"""What a reader of the log must know of a town to draw it."""

from collections.abc import Mapping

from core.config_schema import RunConfig
from core.events import Placement, WorldMap
from producer.environment.rules import ACTIONS

__all__ = ["placements", "world_map"]


def placements(cells: Mapping[str, tuple[int, int]]) -> tuple[Placement, ...]:
    """Cells (x, y) by name, as the log holds them."""
    return tuple(Placement(name, x, y) for name, (x, y) in cells.items())


def world_map(config: RunConfig, cells: Mapping[str, tuple[int, int]] | None = None) -> WorldMap:
    """The town of a configuration; `cells` says where its affordances stand, if not as configured."""
    world = config.world
    at_home = {affordance.name: affordance.cell for affordance in world.affordances}
    return WorldMap(
        width=world.width,
        height=world.height,
        meters=tuple(world.meter_names),
        vital_meters=tuple(meter.name for meter in world.meters if meter.vital),
        affordances=placements(at_home if cells is None else cells),
        actions=ACTIONS,
        max_steps=config.training.max_steps_per_episode,
        meter_full_scale=world.meter_full_scale,
        when_low=world.words_when_low,
        currency=world.currency,
        kinds=world.kinds,
        walls=tuple(cell for cell, kind in world.obstacle_cells.items() if kind == "wall"),
        water=tuple(cell for cell, kind in world.obstacle_cells.items() if kind == "water"),
    )
