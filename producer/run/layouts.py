"""Layouts of the town that a user names: a configuration file, or random cells by a seed."""

from pathlib import Path

from core.config import load_config
from core.config_schema import MAX_SEED, RunConfig
from core.errors import ConfigError
from producer.environment.town import Town

__all__ = ["Cells", "cells_of_file", "random_cells", "seed_of_layout"]

Cells = list[tuple[int, int]]
"""The cell (x, y) of each affordance, in the order of the world."""

RANDOM = "random:"


def cells_of_file(path: Path, config: RunConfig) -> Cells:
    """The layout of another configuration of the same town.

    Raises:
        ConfigError: the file is no configuration, or that of a town with other cells or affordances.
    """
    other = load_config(path).world
    cells = {affordance.name: affordance.cell for affordance in other.affordances}
    names = config.world.affordance_names
    if set(cells) != set(names) or (other.width, other.height) != (config.world.width, config.world.height):
        raise ConfigError(
            f"--layout {path}: is another town; it needs {config.world.width} × {config.world.height} cells"
            f" and the affordances {', '.join(names)}"
        )
    return [cells[name] for name in names]


def seed_of_layout(layout: str) -> int | None:
    """The seed in "random:SEED"; None for any other text, which names a file.

    Raises:
        ConfigError: what follows "random:" is no seed.
    """
    if not layout.startswith(RANDOM):
        return None
    text = layout.removeprefix(RANDOM)
    if not (text.isascii() and text.isdecimal() and int(text) <= MAX_SEED):
        raise ConfigError(f"--layout {layout}: give random:SEED with a number from 0 to {MAX_SEED}")
    return int(text)


def random_cells(config: RunConfig, now: Cells, seed: int) -> Cells:
    """The cells that `seed` draws where the affordances stand at `now`: as a run moves them, none stays."""
    town = Town.from_config(config, 0, "cpu")
    town.place(now)
    town.randomize_affordances(seed)
    return list(town.placements().values())
