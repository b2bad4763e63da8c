"""YAML files of configurations: one file, merged over the file that it extends."""

import re
from pathlib import Path
from typing import Any

import yaml

from core.config_merge import Report, merge
from core.config_schema import RunConfig
from core.errors import ConfigError
from core.resources import configurations, find_config

__all__ = ["MAX_VALUES", "add_scientific_notation", "parse_yaml", "read_config_file", "read_config_text"]

MAX_VALUES = 100_000
"""Values of a text with its aliases written out, at most."""
SHOWN = 40
"""Characters of a wrong value that an error shows."""


def parse_yaml(text: str) -> Any:
    """The value of a YAML text.

    Raises:
        yaml.YAMLError: the text is not YAML, gives a key twice, holds a number or a date that cannot be, or
            names a part of itself so often that it has more than `MAX_VALUES` values.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _count_values(node, {}, set())
        return loader.construct_document(node)
    except RecursionError:
        raise yaml.MarkedYAMLError(problem="lists or mappings are nested too deeply") from None
    finally:
        loader.dispose()


def read_config_file(path: Path, report: Report) -> dict[str, Any]:
    """The sections of a file, merged over the sections of the file that it extends (`core.config_merge`).

    `extends` is the path of a YAML file, from the folder of this one, or the name of a configuration that
    comes along (`quick`). `report` is called with what the file at `path` changes in the lists of its base.

    Raises:
        ConfigError: a file cannot be read, is not YAML, or extends itself.
    """
    return _read(path, (), report)


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads 5e-4 as a string; this loader reads 5e-4 as a number.

    PyYAML takes the last of two equal keys; this loader refuses the second one. For a number of too many
    digits, or a date that does not exist, PyYAML raises a ValueError; this loader says where it stands.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError:
            problem = f"{str(node.value)[:SHOWN]} can be no value; write a text in quotes"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                name = (key.tag, key.value)
                if name in seen:
                    problem = f"the key {key.value} is given twice; keep one of the two"
                    raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                seen.add(name)
        return super().construct_mapping(node, deep)


def add_scientific_notation(resolver: type[yaml.resolver.Resolver]) -> None:
    """Make a loader read 5e-4 as a number, and a dumper write the text "5e-4" in quotes."""
    resolver.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
        list("-+0123456789."),
    )


add_scientific_notation(_Loader)


def _count_values(node: yaml.Node, counted: dict[int, int], inside: set[int]) -> int:
    """The number of values in a part of a text, with each alias (`*name`) counted as what the alias names."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    known = counted.get(id(node))
    if known is None:
        if id(node) in inside:
            problem = "an alias names what it stands in"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        inside.add(id(node))
        is_list = isinstance(node, yaml.SequenceNode)
        parts = node.value if is_list else [part for pair in node.value for part in pair]
        known = counted[id(node)] = 1 + sum(_count_values(part, counted, inside) for part in parts)
        inside.discard(id(node))
    if known > MAX_VALUES:
        problem = f"its aliases make more than {MAX_VALUES:,} values of it"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
    return known


def read_config_text(text: str) -> tuple[dict[str, Any], str | None]:
    """The sections of a text, merged over those of the configuration that it extends; and its name, or None.

    A text is in no folder: `extends` is the name of a configuration that comes along.

    Raises:
        ConfigError: the text is not YAML, or extends something else.
    """
    data = _sections(text, "the text")
    named = data.pop("extends", None)
    if named is None:
        return data, None
    known = configurations()
    if not isinstance(named, str) or named not in known:
        raise ConfigError(
            f"extends is {str(named)[:SHOWN]!r}; only `producer town check FILE` can read other files: name a"
            f" configuration that comes along, one of {', '.join(known)}"
        )
    base = _read(known[named], (), lambda _sentence: None)
    merged: dict[str, Any] = merge(base, data, RunConfig, "", lambda _sentence: None)
    return merged, named


def _read(path: Path, readers: tuple[Path, ...], report: Report) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        problem = f"cannot be read ({error.strerror}); give the path of a YAML file"
        raise ConfigError(f"{path}: {problem}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text; give the path of a YAML file") from error
    data = _sections(text, str(path))
    named = data.pop("extends", None)
    base = {} if named is None else _read_base(path, named, readers)
    try:
        merged: dict[str, Any] = merge(base, data, RunConfig, "", report)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return merged


def _sections(text: str, source: str) -> dict[str, Any]:
    try:
        data = parse_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{source}:{mark.line + 1}" if mark is not None else source
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise ConfigError(f"{where}: not valid YAML: {problem}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{source}: holds no sections; it needs {', '.join(RunConfig.__struct_fields__)}")
    return data


def _read_base(path: Path, named: object, readers: tuple[Path, ...]) -> dict[str, Any]:
    if not isinstance(named, str):
        raise ConfigError(
            f"{path}: extends is {named!r}; give the name of a YAML file beside this one, or of a"
            " configuration that comes along, such as quick"
        )
    if path.resolve() in readers:
        raise ConfigError(f"{path}: extends itself, by way of {named}; the chain of files must end")
    beside = path.parent / named
    base = beside if beside.is_file() else find_config(Path(named), f"{path}: extends")
    # a name that is no configuration of ours is the path of a file beside this one
    base = beside if base == Path(named) else base
    if not base.is_file():
        raise ConfigError(f"{path}: extends {named}: no such file {base}; give the path of a YAML file")
    # what a base changes in its own base is its author's business
    return _read(base, (*readers, path.resolve()), lambda _sentence: None)
