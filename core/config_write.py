"""A configuration as the text of a YAML file: the whole of it, or what it changes in one that comes along.

`core.config_files` reads such a text, and finds the same configuration in it.
"""

import math
from functools import lru_cache
from typing import Any, get_type_hints

import msgspec
import yaml

from core.config import load_config
from core.config_check import LARGEST_INTEGER
from core.config_files import add_scientific_notation
from core.config_merge import is_named_list, struct_in
from core.config_schema import RunConfig
from core.errors import ConfigError
from core.resources import configurations

__all__ = ["as_plain_data", "config_text"]

Data = dict[str, Any]


def as_plain_data(config: RunConfig) -> Data:
    """A configuration with every key, in values that JSON has."""
    data: Data = msgspec.json.decode(msgspec.json.encode(config))
    return data


def config_text(data: Data, extends: str | None) -> str:
    """The file of a configuration with every key (`as_plain_data`); the values may be wrong.

    `extends` is the name of a configuration that comes along, of which the file gives only the changes; null
    for a file that stands alone and gives every key that is not at its default.

    Raises:
        ConfigError: no configuration of that name comes along.
    """
    if extends is None:
        return _text(_without_defaults(data, RunConfig))
    known = configurations()
    if extends not in known:
        raise ConfigError(f"extends names {extends[:40]!r}; known here are {', '.join(known)}")
    base = as_plain_data(load_config(known[extends]))
    return _text({"extends": extends, **_changes(base, data, RunConfig)})


class _LostKeyError(Exception):
    """A mapping has lost a key, which merging it over the old one cannot say."""


def _changes(base: Any, wanted: Any, kind: Any) -> Any:
    """What `core.config_merge.merge` turns `base` into `wanted` with; both differ, or are sections."""
    if is_named_list(kind) and isinstance(base, list) and _have_names(wanted):
        return _list_changes(base, wanted, kind)
    if not isinstance(base, dict) or not isinstance(wanted, dict):
        return _without_defaults(wanted, kind)
    struct = struct_in(kind)
    if struct is None and base.keys() - wanted.keys():
        raise _LostKeyError
    hints = get_type_hints(struct, include_extras=True) if struct is not None else {}
    return {
        key: _changes(base.get(key), value, hints.get(key))
        for key, value in wanted.items()
        if key not in base or base[key] != value
    }


def _list_changes(base: list[Data], wanted: list[Data], kind: Any) -> Any:
    """The changes of a list of things with names as a mapping by name, or else the whole list."""
    before = {item["name"]: item for item in base}
    after = {item["name"]: item for item in wanted}
    kept = [name for name in before if name in after]
    if len(after) < len(wanted) or list(after)[: len(kept)] != kept or not kept:
        return _without_defaults(wanted, kind)
    try:
        changes: dict[str, Any] = {
            name: _changes(before[name], after[name], struct_in(kind))
            for name in kept
            if before[name] != after[name]
        }
    except _LostKeyError:
        return _without_defaults(wanted, kind)
    changes |= {name: None for name in before if name not in after}
    for name in list(after)[len(kept) :]:
        new = _without_defaults(after[name], struct_in(kind))
        changes[name] = {key: value for key, value in new.items() if key != "name"}
    return changes


def _have_names(items: Any) -> bool:
    return isinstance(items, list) and all(
        isinstance(item, dict) and isinstance(item.get("name"), str) for item in items
    )


def _without_defaults(value: Any, kind: Any) -> Any:
    """A value without the keys that its structs fill in themselves."""
    struct = struct_in(kind)
    if isinstance(value, list):
        return [_without_defaults(item, struct) for item in value]
    if not isinstance(value, dict) or struct is None:
        return value
    hints = get_type_hints(struct, include_extras=True)
    defaults = {field.name: _default(field) for field in msgspec.structs.fields(struct)}
    return {
        key: _without_defaults(inner, hints.get(key))
        for key, inner in value.items()
        if key not in defaults or inner != defaults[key]
    }


def _default(field: msgspec.structs.FieldInfo) -> Any:
    """The value of a key that is not given, in values that JSON has; `msgspec.NODEFAULT` for none."""
    default = field.default
    if field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    return default if default is msgspec.NODEFAULT else msgspec.to_builtins(default)


class _Dumper(yaml.SafeDumper):
    """Writes nothing as a plain text that `core.config_files` would read as a number; writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


add_scientific_notation(_Dumper)


def _text(sections: Data) -> str:
    """Sections as blocks, and in them lists and mappings by name as blocks of lines."""
    blocks = []
    for section, keys in sections.items():
        if not isinstance(keys, dict) or not keys:
            blocks.append(f"{_flow(section)}: {_flow(keys)}\n")
            continue
        lines = [f"  {line}\n" for key, value in keys.items() for line in _key_lines(key, value)]
        blocks.append("".join([f"{_flow(section)}:\n", *lines]))
    return "\n".join(blocks)


def _key_lines(key: str, value: Any) -> list[str]:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return [f"{_flow(key)}:", *(f"  - {_flow(item)}" for item in value)]
    if isinstance(value, dict) and value and all(isinstance(item, dict | None) for item in value.values()):
        return [f"{_flow(key)}:", *(f"  {_flow(name)}: {_flow(item)}" for name, item in value.items())]
    return [f"{_flow(key)}: {_flow(value)}"]


def _flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return _scalar(value)


@lru_cache(maxsize=1_000, typed=True)
def _scalar(value: Any) -> str:
    """A text, number, truth value or null."""
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_INTEGER:
        value = int(value)
    style = '"' if isinstance(value, str) and not value.isprintable() else None
    # inside of a list, where commas and brackets of a text need quotes
    options: Any = {"default_flow_style": True, "width": math.inf, "allow_unicode": True}
    text: str = yaml.dump([value], Dumper=_Dumper, default_style=style, **options)
    return text.strip()[1:-1]
