"""What is wrong in a configuration, as plain data: keys, types, numbers, and what sections ask of each other.

`core.config` raises the first problem; an editor shows all of them.
"""

import math
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from core.config_keys import migrate_key, new_key
from core.config_merge import known_or_nearest, struct_in
from core.config_schema import RunConfig
from core.errors import ConfigError
from core.reward_expression import parse_expression
from core.world_check import Problem, world_problems

__all__ = ["LARGEST_INTEGER", "check_config"]

LARGEST_INTEGER = 2**53 - 1
"""The largest integer that a JSON number holds exactly wherever it is read."""
SHOWN = 80
"""Characters of a wrong value that a sentence shows."""


def check_config(data: Any) -> tuple[RunConfig | None, list[Problem]]:
    """The configuration in parsed YAML, None where types do not fit; and everything that is wrong in it.

    Of values whose types do not fit only the first is found.
    """
    problems = [*_unknown_keys(data, RunConfig, "")]
    if problems:
        return None, problems
    try:
        config = msgspec.convert(data, RunConfig)
    except msgspec.ValidationError as error:
        return None, [_explain(error, data)]
    problems = [*_wrong_numbers(data, "")]
    return (None, problems) if problems else (config, [*_config_problems(config)])


def _config_problems(config: RunConfig) -> Iterator[Problem]:
    yield from world_problems(config.world)
    known = config.world.meter_names
    if config.rewards.expression:
        try:
            parse_expression(config.rewards.expression, known, "rewards.expression")
        except ConfigError as error:
            yield Problem("rewards.expression", str(error))
    if config.rewards.money != 0.0 and config.world.money_meter is None:
        yield Problem(
            "rewards.money",
            f"rewards.money is {config.rewards.money:g}, but world.money_meter is null; write 0, or name the"
            " meter that holds the money",
        )
    widest = max(config.world.width, config.world.height)
    if config.observation.sight >= widest:
        yield Problem(
            "observation.radius",
            f"observation.radius is {config.observation.radius}; in a town of {config.world.width} ×"
            f" {config.world.height} cells it is at most {widest - 1}",
        )
    vital = [meter.name for meter in config.world.meters if meter.vital]
    for i, stage in enumerate(config.curriculum.stages):
        here = f"curriculum.stages[{i}].active_meters"
        for name in stage.active_meters:
            if name not in known:
                yield Problem(here, f"{here} names {name!r}{known_or_nearest(name, known)}")
        if not stage.active_meters:
            yield Problem(here, f"{here} is empty; name at least one meter")
        elif not set(vital) & set(stage.active_meters):
            yield Problem(
                here,
                f"{here} has no vital meter, so no episode could end before its limit; {_which_vital(vital)}",
            )
    if config.curriculum.start_stage > len(config.curriculum.stages):
        yield Problem(
            "curriculum.start_stage",
            f"curriculum.start_stage is {config.curriculum.start_stage};"
            f" there are {len(config.curriculum.stages)} stages",
        )
    population = config.population
    # The buffer holds whole rollouts, and enough steps for one n-step return.
    rollouts = math.ceil((population.n_step + 2) / population.learn_every)
    least = population.num_agents * population.learn_every * rollouts
    if population.replay_buffer_capacity < least:
        yield Problem(
            "population.replay_buffer_capacity",
            f"population.replay_buffer_capacity is {population.replay_buffer_capacity};"
            f" {population.num_agents} agents in rollouts of {population.learn_every} steps need at least"
            f" {least}",
        )


def _which_vital(vital: list[str]) -> str:
    if vital:
        return f"add one of {', '.join(vital)}"
    return "no meter of world.meters is vital: write vital: true at one that is active in the stage"


def _unknown_keys(data: Any, kind: Any, path: str) -> Iterator[Problem]:
    """Walk data and types side by side; for an unknown key the nearest right one is named."""
    struct = struct_in(kind)
    if isinstance(data, dict) and struct is not None:
        hints = get_type_hints(struct, include_extras=True)
        for key, value in data.items():
            here = f"{path}.{key}" if path else str(key)
            if key in hints:
                yield from _unknown_keys(value, hints[key], here)
            elif new_key(here) is not None:
                yield Problem(here, f"{here} has a new name; write {migrate_key(here)} instead")
            else:
                yield Problem(
                    here, f"unknown key {_cut(here)}{known_or_nearest(str(key)[:SHOWN], list(hints))}"
                )
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from _unknown_keys(value, kind, f"{path}[{i}]")


def _wrong_numbers(data: Any, path: str) -> Iterator[Problem]:
    """Infinity, and integers that neither SQLite's column nor a JSON number can hold exactly."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _wrong_numbers(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from _wrong_numbers(value, f"{path}[{i}]")
    elif isinstance(data, float) and math.isinf(data):
        yield Problem(path, f"{path}: expected a finite number, but it is {data}")
    elif isinstance(data, int) and abs(data) > LARGEST_INTEGER:
        yield Problem(path, f"{path}: expected at most {LARGEST_INTEGER:,}, but it is {_cut(str(data))}")


def _explain(error: msgspec.ValidationError, data: Any) -> Problem:
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
            return Problem(key, f"{key}: {problem}")
        struct = struct_in(kind)
        if name and struct is not None:
            kind = get_type_hints(struct, include_extras=True).get(name)
    if get_origin(kind) is Literal:
        problem = f"expected one of {', '.join(get_args(kind))}"
    shown = "" if isinstance(value, dict) else f", but it is {_cut(repr(value))}"
    return Problem(key, f"{key or 'the file'}: {problem}{shown}")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
