"""Checkpoints of earlier formats, brought to the present one.

`producer.run.checkpoints` reads and writes the files. In format 1 the parts of the trainer had other names,
exploration was one flat dict, and the events that waited for an extended run were of version 1.
"""

from typing import Any

import msgspec

from core.codec import EVENT_TYPES
from core.errors import ConfigError
from core.upcasters import present_name, upcast

__all__ = ["FORMAT", "migrate", "migrate_replay"]

FORMAT = 2
"""The format of what a checkpoint holds; it counts up whenever that changes."""

State = dict[str, Any]

TRAINER_PARTS_1 = {"learner": "dqn", "lives": "episodes"}
"""Parts of the trainer in format 1 and their present names."""


def migrate(state: State, name: str) -> State:
    """The state of a checkpoint in the present format; `name` names the checkpoint in errors.

    Raises:
        ConfigError: the checkpoint has a format that this release does not read.
    """
    found = state.get("format")
    if found == FORMAT:
        return state
    if found != 1:
        raise ConfigError(
            f"{name}: is of format {found}, this release reads 1 to {FORMAT}; use the release that wrote it,"
            " or begin a new run in another directory"
        )
    trainer = {TRAINER_PARTS_1.get(key, key): part for key, part in state["trainer"].items()}
    trainer["exploration"] = _exploration_of_1(trainer["exploration"])
    held_back = [_events_of_1(events) for events in state["journal"]["held_back"]]
    writer = state["journal"] | {"held_back": held_back}
    kept = {key: part for key, part in state.items() if key != "journal"}
    return kept | {"format": FORMAT, "trainer": trainer, "writer": writer}


def migrate_replay(replay: State) -> State:
    """The state of a replay buffer in the present format; the file itself has no format number."""
    if "sightings" not in replay:
        return replay
    return {("relabelling" if key == "sightings" else key): part for key, part in replay.items()}


def _exploration_of_1(flat: State) -> State:
    """One window served the intrinsic weight and the recovery; both were cleared at a drop."""
    return {
        "epsilon": {"excess": flat["excess"]},
        "intrinsic_weight": {
            "value": flat["intrinsic_weight"],
            "reported": flat["reported_weight"],
            "survival_times": flat["window"],
            "annealing": flat["annealing"],
        },
        "detector": {
            "stage": flat["stage"],
            "stage_episodes": flat["stage_lives"],
            "newest": flat["newest"],
            "reference": flat["reference"],
            "recovering": flat["recovering"],
            "recovery_reference": flat["recovery_reference"],
            "recovery_steps": flat["recovery_steps"],
            "since_drop": flat["window"] if flat["recovering"] else [],
        },
    }


def _events_of_1(encoded: str) -> str:
    """Events that wait for an extended run, a JSON array: all of them are of version 1."""
    events = []
    for payload in msgspec.json.decode(encoded, type=list[State]):
        event_type = present_name(payload["type"])
        current = EVENT_TYPES[event_type].version
        events.append(upcast(event_type, 1, current, payload | {"type": event_type}))
    return msgspec.json.encode(events).decode()
