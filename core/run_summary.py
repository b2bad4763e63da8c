"""What readers need to know of a configuration: the stages of the curriculum, in words too, and the wages.

The input is a configuration as plain data (`run_started.config`), because payloads of old logs are plain
data and may lack keys. Nothing here decides what is learnt.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from core.config_schema import Curriculum, RunConfig, Training
from core.events import CurriculumSummary

__all__ = ["curriculum_payload", "curriculum_summary", "stage_text", "wages", "wages_payload"]

DEFAULTS: dict[str, Any] = {
    field.name: field.default for kind in (Curriculum, Training) for field in msgspec.structs.fields(kind)
}
"""Of the keys of both sections."""


def curriculum_summary(config: RunConfig) -> CurriculumSummary:
    """The curriculum of a configuration, for `run_started`."""
    return msgspec.convert(curriculum_payload(msgspec.to_builtins(config)), CurriculumSummary)


def wages(config: RunConfig) -> dict[str, float]:
    """Dollars that one use of an affordance pays, for the affordances that pay."""
    return wages_payload(msgspec.to_builtins(config))


def curriculum_payload(config: dict[str, Any]) -> dict[str, Any]:
    """`CurriculumSummary` as plain data; a key missing in `config` has its default."""
    chosen = DEFAULTS | config.get("training", {}) | config.get("curriculum", {})
    limit = chosen["max_steps_per_episode"]
    stages: list[dict[str, Any]] = []
    for stage in config.get("curriculum", {}).get("stages", ()):
        stages.append(_stage_payload(stage, stages))
    return {
        "stages": stages,
        "start_stage": chosen["start_stage"],
        "survival_window": chosen["survival_window"],
        "advance_at": chosen["survival_advance_threshold"] * limit,
        "retreat_at": chosen["survival_retreat_threshold"] * limit,
    }


def wages_payload(config: dict[str, Any]) -> dict[str, float]:
    """`run_started.wages` as plain data."""
    affordances = config.get("world", {}).get("affordances", ())
    return {place["name"]: float(place["wage"]) for place in affordances if place.get("wage", 0.0) > 0.0}


def _stage_payload(stage: dict[str, Any], before: Sequence[dict[str, Any]]) -> dict[str, Any]:
    facts = {
        "active_meters": list(stage.get("active_meters", ())),
        "depletion": float(stage.get("depletion", 1.0)),
        "reward": stage.get("reward", "shaped"),
    }
    name, meaning = stage_text(facts, before)
    return {"name": stage.get("name") or name, "meaning": stage.get("meaning") or meaning, **facts}


def stage_text(stage: dict[str, Any], before: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Name and meaning of a stage whose configuration gives neither.

    The name says what the stage adds to the one before it: meters, the sparse reward, or faster depletion.
    `before` holds the earlier stages, in order.
    """
    meters, previous = stage["active_meters"], before[-1] if before else None
    known = previous["active_meters"] if previous is not None else ()
    added = [meter for meter in meters if meter not in known]
    if added:
        name = _listed(added).capitalize() if previous is None else f"With {_listed(added)}"
    elif previous is not None and stage["reward"] != previous["reward"]:
        name = f"{stage['reward']} reward".capitalize()
    elif previous is not None and stage["depletion"] != previous["depletion"]:
        name = f"Depletion {stage['depletion']:g}"
    else:
        name = f"Stage {len(before) + 1}"
    active = f"active meters: {_listed(meters)}" if meters else "no active meters"
    meaning = f"{active}; depletion {stage['depletion']:g}; {stage['reward']} reward"
    return name, meaning[0].upper() + meaning[1:]


def _listed(names: Sequence[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
