"""Configurations of many runs beside each other: a flat table of keys, and in which keys the runs differ."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

__all__ = ["FlatConfig", "Value", "differing_keys", "flat_config", "leaves"]

Value: TypeAlias = str | int | float | bool | None
"""A value of the flat table: a scalar as it is, a list as one JSON text."""
FlatConfig: TypeAlias = Mapping[str, Value]

LONGEST = 60
"""Characters of a list's JSON text; a longer one is cut, and gets a number, or two would look alike."""


def leaves(config: Any, key: str = "") -> dict[str, Any]:
    """A configuration as {full key: value}: `world.affordances.Bed.cell`, by name where a list has names.

    Other lists are values. An empty section is a value too.
    """
    if (
        isinstance(config, list)
        and config
        and all(isinstance(part, dict) and part.get("name") for part in config)
    ):
        config = {str(part["name"]): {k: v for k, v in part.items() if k != "name"} for part in config}
    if not isinstance(config, dict) or not config:
        return {key: config}
    found: dict[str, Any] = {}
    for name, value in config.items():
        found |= leaves(value, f"{key}.{name}" if key else str(name))
    return found


def flat_config(config: Mapping[str, Any]) -> FlatConfig:
    """The leaves of a configuration as values that a table can show: what is no plain value is JSON."""
    return {
        key: value
        if value is None or isinstance(value, str | int | float)
        else msgspec.json.encode(value, order="deterministic").decode()
        for key, value in leaves(config).items()
    }


def differing_keys(configs: Iterable[FlatConfig]) -> list[str]:
    """The keys that have not the same value in all of the configurations, sorted; a missing key differs."""
    configs = list(configs)
    if len(configs) < 2:
        return []
    keys = dict.fromkeys(key for config in configs for key in config)
    missing = object()
    return sorted(
        key for key in keys if len({_comparable(config.get(key, missing)) for config in configs}) > 1
    )


def shown_values(values: Iterable[Value]) -> list[Value]:
    """The values of one key, run by run, short enough for a table; different values stay different."""
    numbers: dict[str, int] = {}
    shown: list[Value] = []
    for value in values:
        if isinstance(value, str) and len(value) > LONGEST:
            number = numbers.setdefault(value, len(numbers) + 1)
            shown.append(f"{value[:LONGEST]}… ({number})")
        else:
            shown.append(value)
    return shown


def _comparable(value: object) -> object:
    """True is not 1 here, though 1 is 1.0: YAML writes both for the same number."""
    return (bool, value) if isinstance(value, bool) else value
