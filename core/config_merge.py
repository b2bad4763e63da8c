"""Configurations over one another: what one file or option changes in the sections of another.

Sections are merged key by key. A list is replaced. A list of things that have a name (affordances, meters,
stages) may be given as a mapping by name instead, which changes the list: a new name is added at the end, a
known name is changed key by key, and null takes the name out.
"""

import difflib
from collections.abc import Callable
from typing import Any, get_args, get_origin, get_type_hints

from msgspec import Struct

from core.errors import ConfigError

__all__ = ["Report", "is_named_list", "known_or_nearest", "merge", "struct_in"]

Report = Callable[[str], None]
"""Called with one sentence for each list of the base that was changed or replaced."""


def merge(base: Any, changes: Any, kind: Any, path: str, report: Report) -> Any:
    """`changes` over `base`, two parts of a configuration as plain data that stand at the dotted `path`.

    `kind` is the type of that part in `core.config_schema`.

    Raises:
        ConfigError: a mapping by name holds a value that is no mapping, or takes out what is not there.
    """
    if is_named_list(kind):
        return _merge_list(base, changes, kind, path, report)
    if not isinstance(changes, dict):
        return changes
    struct = struct_in(kind)
    hints = get_type_hints(struct, include_extras=True) if struct is not None else {}
    merged = dict(base) if isinstance(base, dict) else {}
    for key, value in changes.items():
        here = f"{path}.{key}" if path else str(key)
        merged[key] = merge(merged.get(key), value, hints.get(key), here, report)
    return merged


def struct_in(kind: Any) -> type[Struct] | None:
    """The struct inside list[S], S | None or Annotated[S, …]."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind
    if get_origin(kind) is dict:
        return None
    return next((found for part in get_args(kind) if (found := struct_in(part)) is not None), None)


def is_named_list(kind: Any) -> bool:
    """Whether `kind` is a list of structs with a key `name`, perhaps inside Annotated."""
    if get_origin(kind) is not list:
        return any(is_named_list(part) for part in get_args(kind) if get_origin(part) is list)
    struct = struct_in(kind)
    return struct is not None and "name" in struct.__struct_fields__


def known_or_nearest(name: str, known: list[str]) -> str:
    """The end of a sentence on an unknown name: the nearest known name, or all of them."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; known here are {', '.join(known)}"


def _merge_list(base: Any, changes: Any, kind: Any, path: str, report: Report) -> Any:
    before: list[Any] = base if isinstance(base, list) else []
    if not isinstance(changes, dict):
        gone = [name for name in _names(before) if name not in _names(changes)]
        if gone:
            report(
                f"{path} replaces the whole list, so {_listed(gone)} {_be(gone)} left out;"
                " a mapping by name, in place of the list, adds and changes"
            )
        return changes
    merged = list(before)
    added, changed, removed = [], [], []
    for name, value in changes.items():
        here = f"{path}.{name}"
        at = next((i for i, item in enumerate(merged) if _name(item) == name), None)
        if value is not None and not isinstance(value, dict):
            raise ConfigError(f"{here} is {value!r}; write a mapping of its keys, or null to leave it out")
        if at is None:
            if value is None:
                nearest = known_or_nearest(str(name), _names(merged))
                raise ConfigError(f"{here} is null, which leaves it out, but there is none{nearest}")
            merged.append(merge({"name": name}, value, struct_in(kind), here, report))
            added.append(str(name))
        elif value is None:
            del merged[at]
            removed.append(str(name))
        else:
            merged[at] = merge(merged[at], value, struct_in(kind), here, report)
            changed.append(str(name))
    done = [
        f"{_listed(names)} {_be(names)} {what}"
        for names, what in ((changed, "changed"), (added, "added"), (removed, "left out"))
        if names
    ]
    if before and done:
        report(f"{path}: {', '.join(done)}")
    return merged


def _name(item: Any) -> Any:
    return item.get("name") if isinstance(item, dict) else None


def _names(items: Any) -> list[str]:
    if not isinstance(items, list):
        return []
    return [str(name) for item in items if (name := _name(item))]


def _be(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _listed(names: list[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
