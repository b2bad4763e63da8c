"""The configuration a run goes on with: that of its log, with the changes the operator asks for.

A run that exists goes on with the configuration in its log. A file that differs is reported, not obeyed,
unless the operator accepts its changes. A change that could not take effect in mid-run is refused before
anything is recorded.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from core.config import overridden, recorded_config
from core.config_schema import RunConfig
from core.errors import ConfigError
from producer.run.lineage import Past

__all__ = ["Changes", "Given", "Resumption", "learning_changes", "resumption"]

Changes = dict[str, tuple[Any, Any]]
"""A key's full name to (old value, new value)."""

LONGEST_VALUE = 40
"""Characters of a value that a message quotes; a whole curriculum would be too long."""

SHOWN = 4
"""Keys that a message names."""

OPERATIONAL = re.compile(
    r"training\.(num_episodes|pace(\..*)?|device|checkpoint_every|checkpoint_every_minutes|heartbeat_every"
    r"|keep_replay_every|keep_checkpoints)"
)
"""Keys that change nothing that is learnt: an option may change these without `--accept-config-change`."""

NAMES = re.compile(r"experiment\.(name|description)|curriculum\.stages\[\d+\]\.(name|meaning)")
"""Words for readers; the log says these once, when the run starts."""

FIXED = {
    NAMES: "the log says it once, when the run starts",
    re.compile(r"experiment\.seed"): "the run has drawn its random numbers from it",
    re.compile(r"world\.(width|height|money_meter|dollars_when_full)"): ("the town has been built"),
    re.compile(r"world\.meters\[\d+\]\.(name|vital)"): "the town has been built",
    re.compile(r"world\.affordances\[\d+\]\.(name|cell)"): "the town has been built",
    re.compile(r"population\.(num_agents|hidden|replay_buffer_capacity|learn_every)"): (
        "networks and buffers have been built"
    ),
    re.compile(r"exploration\.(novelty|rnd_hidden|embed_dim)"): "networks and buffers have been built",
    re.compile(r"observation\.(kind|radius)"): "networks and buffers have been built",
    re.compile(r"training\.max_steps_per_episode"): "the buffer of the episodes in progress has been built",
    re.compile(r"exploration\.(epsilon_start|initial_intrinsic_weight)"): "it is the value at the start",
    re.compile(r"curriculum\.start_stage|population\.learning_starts"): "it is the value at the start",
}
"""Keys that cannot take effect in mid-run, with the reason."""


class Given(NamedTuple):
    """What the operator gives: a configuration file, options, and two consents."""

    file: RunConfig | None
    """The file as it is, without the options; None if there is none."""
    source: str
    """The file's name, for messages."""
    options: Mapping[str, object] = {}
    """Dotted keys to values: `--set`, `--episodes`, `--seed`, `--device`."""
    accept_changes: bool = False
    start_over: bool = False
    """Whether to begin at episode 0 if no checkpoint that the log names can be read."""

    def new_config(self) -> RunConfig:
        """The configuration of a new run.

        Raises:
            ConfigError: there is no file, or an option does not fit.
        """
        if self.file is None:
            raise ConfigError("no configuration: give --config FILE, or set HAMLET_CONFIG")
        return overridden(self.file, self.options, self.source)


class Resumption(NamedTuple):
    """What a run goes on with."""

    config: RunConfig
    changes: Changes
    """What differs from the configuration so far; recorded in `run_resumed`."""
    ignored: str
    """A sentence on a file that differs and is not obeyed; empty if there is no such file."""


def resumption(past: Past, given: Given, log_name: str) -> Resumption:
    """Decide what configuration the run in `past` goes on with; `log_name` is for messages.

    Raises:
        ConfigError: the log's configuration does not fit this program, an option does not fit, a change was
            not accepted, or a change could not take effect.
    """
    recorded = _recorded(past, log_name)
    file = _with_names_of(recorded, given.file) if given.file is not None else None
    base = file if file is not None and given.accept_changes else recorded
    config = overridden(base, given.options, f"{log_name} and the options")
    ignored = ""
    differences = _differences(config, file) if file is not None and not given.accept_changes else {}
    if differences:
        listed = _listed(differences, "run", "file")
        ignored = (
            f"{given.source} differs from the configuration of this run: {listed};"
            " the run goes on with the configuration in its log (--accept-config-change takes the file's)"
        )
    changes = _differences(recorded, config)
    _require_effective(past, changes, config)
    learning = learning_changes(changes)
    if learning and not given.accept_changes:
        raise ConfigError(
            f"the options change what this run learns: {_listed(learning)}; leave them out, choose another"
            " run directory, or accept the change with --accept-config-change"
        )
    changes.pop("training.num_episodes", None)  # a field of `run_resumed`
    return Resumption(config, changes, ignored)


def learning_changes(changes: Changes) -> Changes:
    """The changes that decide what is learnt."""
    return {key: values for key, values in changes.items() if not OPERATIONAL.fullmatch(key)}


def _recorded(past: Past, log_name: str) -> RunConfig:
    config = recorded_config(past.config, log_name)
    training = msgspec.structs.replace(config.training, num_episodes=past.num_episodes)
    return msgspec.structs.replace(config, training=training)


def _with_names_of(recorded: RunConfig, file: RunConfig) -> RunConfig:
    """`file` with the run's own name, description and stage names: other words are no other run."""
    experiment = msgspec.structs.replace(
        file.experiment, name=recorded.experiment.name, description=recorded.experiment.description
    )
    known = recorded.curriculum.stages
    stages = file.curriculum.stages.copy()
    for i, (own, stage) in enumerate(zip(known, stages, strict=False)):
        stages[i] = msgspec.structs.replace(stage, name=own.name, meaning=own.meaning)
    curriculum = msgspec.structs.replace(file.curriculum, stages=stages)
    return msgspec.structs.replace(file, experiment=experiment, curriculum=curriculum)


def _differences(old: RunConfig, new: RunConfig) -> Changes:
    """Dotted keys whose values differ; a list is one value."""
    before, after = (_flat(msgspec.to_builtins(config)) for config in (old, new))
    return {
        key: (before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    }


def _flat(value: Any, path: str = "", into_lists: bool = False) -> dict[str, Any]:
    """Dotted keys to values. `into_lists` also takes lists of sections apart: "world.meters[0].name"."""
    if isinstance(value, dict):
        parts = {f"{path}.{key}" if path else str(key): inner for key, inner in value.items()}
    elif into_lists and isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        parts = {f"{path}[{i}]": inner for i, inner in enumerate(value)}
    else:
        return {path: value}
    flat: dict[str, Any] = {}
    for key, inner in parts.items():
        flat |= _flat(inner, key, into_lists)
    return flat


def _require_effective(past: Past, changes: Changes, config: RunConfig) -> None:
    """Refuse what could not take effect.

    Raises:
        ConfigError: a change that cannot be made in mid-run.
    """
    for key, values in changes.items():
        before, after = (_flat(value, key, into_lists=True) for value in values)
        for part in sorted(before.keys() | after.keys()):
            old, new = before.get(part), after.get(part)
            why = next((why for pattern, why in FIXED.items() if pattern.fullmatch(part)), None)
            if part.startswith("curriculum.stages[") and (part not in before or part not in after):
                why = None  # a stage more or less; its name is no other one
            if part == "training.randomize_affordances_at":
                why = _why_no_move(past.reached_episode, old, new)
            if old != new and why is not None:
                raise ConfigError(
                    f"{part} (was {_short(old)}, now {_short(new)}) cannot be changed in mid-run: {why};"
                    " restore it, or begin a new run in another directory"
                )
    num_stages = len(config.curriculum.stages)
    if "curriculum.stages" in changes and num_stages < past.reached_stage:
        raise ConfigError(
            f"curriculum.stages cannot be cut to {num_stages} in mid-run: the run has reached stage"
            f" {past.reached_stage}; restore them, or begin a new run in another directory"
        )


def _why_no_move(reached: int, old: int | None, new: int | None) -> str | None:
    if any(episode is not None and episode > reached for episode in (old, new)):
        return None
    return f"the run has reached episode {reached}"


def _listed(changes: Changes, before: str = "was", after: str = "now") -> str:
    first = list(changes.items())[:SHOWN]
    shown = [f"{key} ({before} {_short(old)}, {after} {_short(new)})" for key, (old, new) in first]
    more = f" and {len(changes) - SHOWN} more" if len(changes) > SHOWN else ""
    return ", ".join(shown) + more


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
