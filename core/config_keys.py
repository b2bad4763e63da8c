"""Configuration keys that have a new name: old logs are read with these names, errors name the new key.

A path is written with dots; `[]` stands for every element of a list: "world.affordances[].reduced_wage".
"""

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["RENAMED_KEYS", "migrate_config", "migrate_key", "new_key"]

RENAMED_KEYS: Mapping[str, str] = {
    "world.purse": "money_meter",
    "world.purse_holds": "dollars_when_full",
    "world.drags": "couplings",
    "world.affordances[].tired": "reduced_wage",
    "population.relocate_memories": "relabel_replay",
    "curriculum.no_retreat_after_surprise": "no_retreat_after_drop",
    "exploration.surprise_window": "drop_window",
    "exploration.surprise_below": "drop_below",
    "exploration.surprise_reference_half_life": "drop_reference_half_life",
    "exploration.surprise_min_lives": "drop_min_episodes",
    "exploration.surprise_intrinsic_weight": "drop_intrinsic_weight",
    "exploration.surprise_epsilon": "drop_epsilon",
    "exploration.surprise_updates_per_step": "drop_updates_per_step",
    "exploration.surprise_imagined_moves": "drop_augmented_moves",
}
"""Full path of the old key → last part of the new key, which stands in the same section."""


def new_key(path: str) -> str | None:
    """The new name of the last part of `path` ("world.drags"); None if it was never renamed."""
    return RENAMED_KEYS.get(re.sub(r"\[\d+\]", "[]", path))


def migrate_config(value: Any, path: str = "") -> Any:
    """A copy of a configuration, or of the part of one that stands at `path`, with today's keys."""
    if isinstance(value, dict):
        migrated = {}
        for key, inner in value.items():
            here = f"{path}.{key}" if path else str(key)
            migrated[new_key(here) or key] = migrate_config(inner, here)
        return migrated
    if isinstance(value, list):
        return [migrate_config(inner, f"{path}[]") for inner in value]
    return value


def migrate_key(path: str) -> str:
    """The full path of a key in today's words."""
    section, dot, _ = path.rpartition(".")
    renamed = new_key(path)
    return path if renamed is None else f"{section}{dot}{renamed}"
