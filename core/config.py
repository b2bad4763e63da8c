"""A run's configuration: YAML in, strict structs out, one clear sentence for anything wrong.

Every field is explained under it. Flags and environment variables are the command lines' business; they
reach `load_config` as overrides.
"""

import difflib
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import yaml
from msgspec import Meta, Struct

from core.errors import ConfigError
from core.world import World, check_world

__all__ = [
    "Curriculum",
    "Experiment",
    "Exploration",
    "Pace",
    "Population",
    "Recording",
    "RunConfig",
    "Stage",
    "Training",
    "config_from_dict",
    "config_hash",
    "load_config",
]

Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Positive = Annotated[float, Meta(gt=0.0)]
Count = Annotated[int, Meta(ge=1)]
NonNegative = Annotated[int, Meta(ge=0)]


class Experiment(Struct, frozen=True, forbid_unknown_fields=True):
    """What this run is called."""

    name: str
    description: str = ""
    seed: NonNegative = 0
    """Everything random in a run follows from it."""


class Stage(Struct, frozen=True, forbid_unknown_fields=True):
    """One lesson of the curriculum."""

    active_meters: list[str]
    """Meters that can kill (the vital ones) and that the shaped reward looks at."""
    depletion: Fraction
    """Multiplier on the meters' passive drain."""
    reward: Literal["shaped", "sparse"]
    """shaped: −shaping · mean over the active meters of (1 − level) per step; sparse: 0. Both −1 at death."""


class Curriculum(Struct, frozen=True, forbid_unknown_fields=True):
    """When the population moves to a harder or an easier stage."""

    stages: Annotated[list[Stage], Meta(min_length=1)]
    shaping: Fraction = 0.01
    """Scale of the shaped reward per step."""
    start_stage: Count = 1
    """The stage of the first life, counted from 1."""
    survival_window: Count = 100
    """Lives born in the stage that a decision looks back on."""
    survival_advance_threshold: Fraction = 0.7
    """Advance when their mean survival is above this part of the limit …"""
    survival_retreat_threshold: Fraction = 0.3
    """… retreat when it is below this one."""
    min_steps_at_stage: NonNegative = 1000
    """Vector steps in a stage before any decision."""
    min_progress: float = -5.0
    """Least difference, in steps, between the newer and the older half of the window for an advance."""
    entropy_gate: Fraction = 0.5
    """Advance only when the policy's entropy in needy states is below this part of its most."""
    no_retreat_after_surprise: NonNegative = 1000
    """Finished lives after a surprise without retreat: easier lessons do not find moved beds."""


class Exploration(Struct, frozen=True, forbid_unknown_fields=True):
    """Epsilon, curiosity, and what happens when the world changes under the agents."""

    epsilon_start: Fraction = 1.0
    epsilon_end: Fraction = 0.05
    epsilon_half_life: Count = 1000
    """Vector steps in which the part of epsilon above `epsilon_end` halves."""
    epsilon_after_stage_change: Fraction = 0.2
    """Epsilon is at least this after a stage change, and decays from there."""

    initial_intrinsic_weight: Fraction = 1.0
    min_intrinsic_weight: Fraction = 0.05
    decay_rate: Fraction = 0.999
    """Factor on the intrinsic weight per finished life while the annealing gate is open."""
    anneal_above: Fraction = 0.7
    """The gate opens when the mean survival of the window is at least this part of the limit …"""
    anneal_max_variation: Positive = 0.5
    """… and its standard deviation is at most this part of that mean."""
    survival_window: Count = 100
    """Finished lives the gate looks back on."""

    rnd_hidden: Count = 64
    """Width of the hidden layer of random network distillation's two networks."""
    embed_dim: Count = 32
    """Width of their outputs."""
    rnd_learning_rate: Positive = 0.0001
    rnd_train_every: Count = 4
    """Vector steps between two updates of the predictor; it sees every observation made since."""
    intrinsic_scale: Positive = 0.1
    """The bonus of one standard deviation of the discounted intrinsic return."""
    intrinsic_clip: Positive = 5.0
    """Standard deviations at which the bonus is cut."""

    surprise_window: Count = 30
    """Newest lives whose mean survival is compared with the reference."""
    surprise_below: Fraction = 0.6
    """A surprise: that mean falls below this part of the slow reference."""
    surprise_reference_half_life: Positive = 300.0
    """Finished lives in which the reference forgets half."""
    surprise_min_lives: Count = 300
    """Lives in a stage before its reference counts."""
    surprise_intrinsic_weight: Fraction = 0.5
    """The intrinsic weight is at least this after a surprise …"""
    surprise_epsilon: Fraction = 0.3
    """… and epsilon at least this."""
    surprise_updates_per_step: Count = 8
    """Updates per vector step while recovering from a surprise."""
    recovered_at: Fraction = 0.9
    """Recovered: the window's mean is back at this part of the reference …"""
    recovery_max_steps: Count = 4000
    """… or this many vector steps are over."""


class Population(Struct, frozen=True, forbid_unknown_fields=True):
    """The agents and the network they share."""

    num_agents: Count = 32
    hidden: Count = 128
    """Width of the Q-network's two hidden layers."""
    learning_rate: Positive = 0.0005
    gamma: Fraction = 0.99
    n_step: Count = 3
    """Steps of reward before the target bootstraps."""
    advantage_alpha: Fraction = 0.8
    """Advantage learning: how much of the action gap is added to the target (Bellemare et al. 2016)."""
    target_tau: Fraction = 0.01
    """Part of the online network that flows into the target network at every update."""
    batch_size: Count = 128
    updates_per_step: Count = 1
    """Updates per vector step. Replay ratio = batch_size · updates_per_step / num_agents."""
    learn_every: Count = 4
    """Vector steps between learning; then all updates due are made at once, on one big sample."""
    learning_starts: Count = 1000
    """Transitions in the replay buffer before the first update."""
    replay_buffer_capacity: Count = 200_000
    relocate_memories: bool = True
    """Relabel samples by the latest sighting of every cell; if false, a surprise clears the buffer."""
    max_grad_norm: Positive = 10.0


class Pace(Struct, frozen=True, forbid_unknown_fields=True):
    """Slows a run down for a stream that lasts for days; what is learnt stays the same."""

    episodes_per_hour: Positive


class Training(Struct, frozen=True, forbid_unknown_fields=True):
    """How long, how often, on what."""

    num_episodes: Count = 10_000
    """Finished lives, of any agent, after which the run is complete."""
    max_steps_per_episode: Annotated[int, Meta(ge=1, le=65_535)] = 500
    """Steps after which a life is cut off (a truncation, bootstrapped, not a death)."""
    randomize_affordances_at: Count | None = 5000
    """Episode at which every affordance moves to another cell; null for never."""
    checkpoint_every: Count = 100
    """Episodes between checkpoints."""
    heartbeat_every: Count = 10
    """Episodes between heartbeat lines."""
    device: str = "auto"
    """auto (CUDA if there is one), cpu, or a torch device."""
    num_threads: Count = 1
    """Threads torch computes with; part of what makes a run repeat itself bit by bit."""
    pace: Pace | None = None
    """Slow down to this many episodes an hour; null for as fast as it goes."""


class Recording(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of each life goes into the log."""

    trace_every: NonNegative = 1
    """Record the actions and meters of every n-th episode step by step; 0 for none."""


class RunConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole run."""

    experiment: Experiment
    world: World
    population: Population
    curriculum: Curriculum
    exploration: Exploration
    training: Training
    recording: Recording = Recording()


def load_config(path: Path, overrides: Mapping[str, object] | None = None) -> RunConfig:
    """Read and check a YAML file. `overrides` maps dotted keys ("training.num_episodes") to values.

    Raises ConfigError with one sentence that names the file, the key, what was wrong and what would be right.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); give the path of a YAML file"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text; give the path of a YAML file") from error
    try:
        data = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark is not None else str(path)
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise ConfigError(f"{where}: not valid YAML: {problem}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: holds no sections; it needs {', '.join(RunConfig.__struct_fields__)}")
    for key, value in (overrides or {}).items():
        _override(data, key, value)
    return config_from_dict(data, str(path))


def config_from_dict(data: dict[str, Any], source: str) -> RunConfig:
    """Check parsed YAML (or the config inside a `run_started` event); `source` is named in errors."""
    _check_keys(data, RunConfig, "", source)
    try:
        config = msgspec.convert(data, RunConfig)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(error, data, source)) from error
    try:
        _check_config(config)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from error
    return config


def config_hash(config: RunConfig) -> str:
    """sha256 of the canonical JSON, without what does not change what is learnt (length and pace)."""
    training = msgspec.structs.replace(config.training, num_episodes=1, pace=None)
    canonical = msgspec.json.encode(msgspec.structs.replace(config, training=training), order="sorted")
    return hashlib.sha256(canonical).hexdigest()


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads 5e-4 as a string; this loader reads it as the number that is meant."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+0123456789."),
)


def _override(data: dict[str, Any], key: str, value: object) -> None:
    *sections, last = key.split(".")
    for section in sections:
        data = data.setdefault(section, {})
    data[last] = value


def _check_config(config: RunConfig) -> None:
    check_world(config.world)
    known = config.world.meter_names
    for i, stage in enumerate(config.curriculum.stages):
        for name in stage.active_meters:
            if name not in known:
                nearest = _nearest(name, known)
                raise ConfigError(f"curriculum.stages[{i}].active_meters names {name!r}{nearest}")
        if not stage.active_meters:
            raise ConfigError(f"curriculum.stages[{i}].active_meters is empty; name at least one meter")
    if config.curriculum.start_stage > len(config.curriculum.stages):
        raise ConfigError(
            f"curriculum.start_stage is {config.curriculum.start_stage};"
            f" there are {len(config.curriculum.stages)} stages"
        )
    least = config.population.num_agents * (config.population.n_step + 2)
    if config.population.replay_buffer_capacity < least:
        raise ConfigError(
            f"population.replay_buffer_capacity is {config.population.replay_buffer_capacity};"
            f" {config.population.num_agents} agents need at least {least}"
        )


def _check_keys(data: Any, kind: Any, path: str, source: str) -> None:
    """Walk data and types side by side; an unknown key is an error that names the nearest right one."""
    struct = _struct_in(kind)
    if isinstance(data, dict) and struct is not None:
        hints = get_type_hints(struct, include_extras=True)
        for key, value in data.items():
            here = f"{path}.{key}" if path else str(key)
            if key not in hints:
                raise ConfigError(f"{source}: unknown key {here}{_nearest(str(key), list(hints))}")
            _check_keys(value, hints[key], here, source)
    elif isinstance(data, list):
        for i, value in enumerate(data):
            _check_keys(value, kind, f"{path}[{i}]", source)


def _struct_in(kind: Any) -> type[Struct] | None:
    """The struct inside list[S], S | None or Annotated[S, …]."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind
    if get_origin(kind) is dict:
        return None
    return next((found for part in get_args(kind) if (found := _struct_in(part)) is not None), None)


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; known here are {', '.join(known)}"


def _explain(error: msgspec.ValidationError, data: Any, source: str) -> str:
    """msgspec's message, with the key written as in the file and the offending value added."""
    problem, _, pointer = str(error).partition(" - at `$")
    problem = problem.replace("Object missing required field", "missing key").replace("`", "")
    steps = re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", pointer)
    value: Any = data
    key = ""
    for name, index in steps:
        key += f"[{index}]" if index else (f".{name}" if key else name)
        try:
            value = value[int(index)] if index else value[name]
        except (KeyError, IndexError, TypeError):
            return f"{source}: {key}: {problem}"
    shown = "" if isinstance(value, dict) else f", but it is {value!r}"
    problem = problem[0].lower() + problem[1:]
    return f"{source}: {key or 'the file'}: {problem}{shown}"
