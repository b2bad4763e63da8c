"""The configuration of a run: YAML in, strict structs out, one clear sentence for anything wrong.

The keys are explained in `core.config_schema` and `core.world`. Options of the command line reach
`load_config` as overrides.
"""

import hashlib
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import yaml

from core.config_files import parse_yaml, read_config_file
from core.config_keys import migrate_config, migrate_key, new_key
from core.config_merge import Report, known_or_nearest, merge, struct_in
from core.config_schema import RunConfig
from core.errors import ConfigError
from core.reward_expression import parse_expression
from core.world_check import check_world

__all__ = [
    "LENGTH_AND_PACE",
    "changed",
    "config_from_dict",
    "config_hash",
    "learning_config",
    "load_config",
    "overridden",
    "parse_setting",
    "recorded_config",
]

LARGEST_INTEGER = 2**53 - 1
"""The largest integer that a JSON number holds exactly wherever it is read."""

LENGTH_AND_PACE: Mapping[str, Any] = {
    "num_episodes": 1,
    "pace": None,
    "checkpoint_every_minutes": None,
    "keep_replay_every": 0,
    "keep_checkpoints": None,
}
"""The keys of `training` that change nothing in what is learnt, each with the value that stands for all."""


def load_config(
    path: Path, overrides: Mapping[str, object] | None = None, report: Report | None = None
) -> RunConfig:
    """Read and check a YAML file. `overrides` maps dotted keys ("training.num_episodes") to values.

    `extends: other.yaml` reads that file first and changes only what this one names (`core.config_files`,
    `core.config_merge`). `report` is called with a sentence for each list of the other file that was changed.

    Raises:
        ConfigError: one sentence that names the file, the key, what was wrong and what would be right.
    """
    sentences: list[str] = []
    data = read_config_file(path, sentences.append)
    try:
        data = _overridden(data, overrides or {})
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    config = config_from_dict(data, str(path))
    if report is not None:
        for sentence in sentences:
            report(f"{path}: {sentence}")
    return config


def overridden(config: RunConfig, overrides: Mapping[str, object], source: str) -> RunConfig:
    """A configuration with some keys changed; `overrides` as for `load_config`, `source` is named in errors.

    Raises:
        ConfigError: an unknown key, or a value that does not fit.
    """
    if not overrides:
        return config
    try:
        data = _overridden(msgspec.to_builtins(config), overrides)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from error
    return config_from_dict(data, source)


def changed(data: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    """A configuration as plain data, with the value of one dotted key replaced."""
    section, _, rest = key.partition(".")
    return {**data, section: changed(data.get(section) or {}, rest, value) if rest else value}


def parse_setting(setting: str) -> tuple[str, object]:
    """The key and the value of a setting written as `key=value`, with the value as in YAML.

    Raises:
        ConfigError: there is no `=`, no key, or the value is not YAML.
    """
    key, equals, value = setting.partition("=")
    if not key or not equals:
        raise ConfigError(f"--set {setting}: write key=value, for example population.gamma=0.98")
    try:
        return key, parse_yaml(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {setting}: the value is not valid YAML") from error


def config_from_dict(data: dict[str, Any], source: str) -> RunConfig:
    """Check parsed YAML (or the config inside a `run_started` event); `source` is named in errors."""
    _check_keys(data, RunConfig, "", source)
    try:
        config = msgspec.convert(data, RunConfig)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(error, data, source)) from error
    _check_numbers(data, "", source)
    try:
        _check_config(config)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from error
    return config


def recorded_config(data: dict[str, Any], source: str) -> RunConfig:
    """The configuration that a log or a checkpoint holds, whatever release wrote it; `source` is for errors.

    Old keys are renamed (`core.config_keys`), and keys that the old release did not know have their defaults.

    Raises:
        ConfigError: the configuration does not fit this program.
    """
    return config_from_dict(migrate_config(data), source)


def learning_config(config: RunConfig) -> RunConfig:
    """The configuration without what does not change what is learnt.

    Left out are the length and the pace of the run, the minutes between checkpoints, which checkpoints and
    replay buffers are kept, and the words for people: names and meanings of the stages, `when_low` of the
    meters, the currency, `kind` of the affordances. Two runs learn the same if these configurations are equal
    by value.
    """
    training = msgspec.structs.replace(config.training, **LENGTH_AND_PACE)
    stages = [msgspec.structs.replace(stage, name="", meaning="") for stage in config.curriculum.stages]
    curriculum = msgspec.structs.replace(config.curriculum, stages=stages)
    meters = [msgspec.structs.replace(meter, when_low="") for meter in config.world.meters]
    affordances = [msgspec.structs.replace(place, kind="") for place in config.world.affordances]
    world = msgspec.structs.replace(config.world, meters=meters, affordances=affordances, currency="")
    return msgspec.structs.replace(config, training=training, curriculum=curriculum, world=world)


def config_hash(config: RunConfig) -> str:
    """sha256 (hex) of the canonical JSON of `learning_config`.

    The hash depends on the names of the keys too, so compare configurations of two releases by value.
    """
    canonical = msgspec.json.encode(learning_config(config), order="sorted")
    return hashlib.sha256(canonical).hexdigest()


def _overridden(data: dict[str, Any], overrides: Mapping[str, object]) -> dict[str, Any]:
    for key, value in overrides.items():
        for section in reversed(key.split(".")):
            value = {section: value}
        data = merge(data, value, RunConfig, "", _ignore)
    return data


def _ignore(_sentence: str) -> None:
    """Drop a sentence: the default of `report`."""


def _check_config(config: RunConfig) -> None:
    check_world(config.world)
    if config.rewards.expression:
        parse_expression(config.rewards.expression, config.world.meter_names, "rewards.expression")
    if config.rewards.money != 0.0 and config.world.money_meter is None:
        raise ConfigError(
            f"rewards.money is {config.rewards.money:g}, but world.money_meter is null; write 0, or name the"
            " meter that holds the money"
        )
    known = config.world.meter_names
    for i, stage in enumerate(config.curriculum.stages):
        for name in stage.active_meters:
            if name not in known:
                nearest = known_or_nearest(name, known)
                raise ConfigError(f"curriculum.stages[{i}].active_meters names {name!r}{nearest}")
        if not stage.active_meters:
            raise ConfigError(f"curriculum.stages[{i}].active_meters is empty; name at least one meter")
        vital = [meter.name for meter in config.world.meters if meter.vital]
        if not set(vital) & set(stage.active_meters):
            raise ConfigError(
                f"curriculum.stages[{i}].active_meters has no vital meter, so no episode could end before its"
                f" limit; {_which_vital(vital)}"
            )
    if config.curriculum.start_stage > len(config.curriculum.stages):
        raise ConfigError(
            f"curriculum.start_stage is {config.curriculum.start_stage};"
            f" there are {len(config.curriculum.stages)} stages"
        )
    population = config.population
    # The buffer holds whole rollouts, and enough steps for one n-step return.
    rollouts = math.ceil((population.n_step + 2) / population.learn_every)
    least = population.num_agents * population.learn_every * rollouts
    if population.replay_buffer_capacity < least:
        raise ConfigError(
            f"population.replay_buffer_capacity is {population.replay_buffer_capacity};"
            f" {population.num_agents} agents in rollouts of {population.learn_every} steps need at least"
            f" {least}"
        )


def _which_vital(vital: list[str]) -> str:
    if vital:
        return f"add one of {', '.join(vital)}"
    return "no meter of world.meters is vital: write vital: true at one that is active in the stage"


def _check_keys(data: Any, kind: Any, path: str, source: str) -> None:
    """Walk data and types side by side; an unknown key is an error that names the nearest right one."""
    struct = struct_in(kind)
    if isinstance(data, dict) and struct is not None:
        hints = get_type_hints(struct, include_extras=True)
        for key, value in data.items():
            here = f"{path}.{key}" if path else str(key)
            if key not in hints:
                if new_key(here) is not None:
                    raise ConfigError(f"{source}: {here} has a new name; write {migrate_key(here)} instead")
                raise ConfigError(f"{source}: unknown key {here}{known_or_nearest(str(key), list(hints))}")
            _check_keys(value, hints[key], here, source)
    elif isinstance(data, list):
        for i, value in enumerate(data):
            _check_keys(value, kind, f"{path}[{i}]", source)


def _check_numbers(data: Any, path: str, source: str) -> None:
    """Refuse infinity, and integers that neither SQLite's column nor a JSON number can hold exactly."""
    if isinstance(data, dict):
        for key, value in data.items():
            _check_numbers(value, f"{path}.{key}" if path else str(key), source)
    elif isinstance(data, list):
        for i, value in enumerate(data):
            _check_numbers(value, f"{path}[{i}]", source)
    elif isinstance(data, float) and math.isinf(data):
        raise ConfigError(f"{source}: {path}: expected a finite number, but it is {data}")
    elif isinstance(data, int) and abs(data) > LARGEST_INTEGER:
        raise ConfigError(f"{source}: {path}: expected at most {LARGEST_INTEGER:,}, but it is {data}")


def _explain(error: msgspec.ValidationError, data: Any, source: str) -> str:
    """msgspec's message, with the key written as in the file and the offending value added."""
    problem, _, pointer = str(error).partition(" - at `$")
    problem = problem.replace("Object missing required field", "missing key").replace("`", "")
    problem = problem[0].lower() + problem[1:]
    value, key = data, ""
    kind: Any = RunConfig
    for name, index in re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", pointer):
        key += f"[{index}]" if index else (f".{name}" if key else name)
        try:
            value = value[int(index)] if index else value[name]
        except (KeyError, IndexError, TypeError):
            return f"{source}: {key}: {problem}"
        struct = struct_in(kind)
        if name and struct is not None:
            kind = get_type_hints(struct, include_extras=True).get(name)
    if get_origin(kind) is Literal:
        problem = f"expected one of {', '.join(get_args(kind))}"
    shown = "" if isinstance(value, dict) else f", but it is {value!r}"
    return f"{source}: {key or 'the file'}: {problem}{shown}"
