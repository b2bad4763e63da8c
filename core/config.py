"""The configuration of a run: YAML in, strict structs out, one clear sentence for anything wrong.

The keys are explained in `core.config_schema` and `core.world`. Options of the command line reach
`load_config` as overrides.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from core.config_check import check_config
from core.config_files import parse_yaml, read_config_file
from core.config_keys import migrate_config
from core.config_merge import Report, merge
from core.config_schema import RunConfig
from core.errors import ConfigError

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
    config, problems = check_config(data)
    if problems:
        raise ConfigError(f"{source}: {problems[0].text}")
    assert config is not None
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
