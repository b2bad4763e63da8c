"""How old events become readable: aliases for old names, upcasters for old versions of a payload.

An upcaster takes version n of an event's payload (a dict, as decoded from JSON) and returns version n + 1;
chains of upcasters lead to the version that `core.events` describes. A field that was merely added needs no
upcaster, only a default.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from core.config_keys import migrate_config, migrate_key
from core.run_id import derived_run_id
from core.run_summary import curriculum_payload, wages_payload

__all__ = ["ALIASES", "UPCASTERS", "Payload", "Upcasters", "names_in_logs", "present_name", "upcast"]

Payload: TypeAlias = dict[str, Any]
Upcaster: TypeAlias = Callable[[Payload], Payload]
Upcasters: TypeAlias = Mapping[tuple[str, int], Upcaster]
"""(event name, version it reads) → the function that makes the next version of it."""

ALIASES: Mapping[str, str] = {
    "transitions_made": "affordances_used",
    "vitals_traced": "episode_traced",
}
"""Old event name → present event name. Rows with the old name stay in old logs for ever."""


def present_name(name: str) -> str:
    """The present name of an event whose name in the log's `type` column is `name`."""
    return ALIASES.get(name, name)


def names_in_logs(name: str) -> tuple[str, ...]:
    """Every name that the event with the present name `name` has in logs: the present name comes first."""
    return name, *(old for old, present in ALIASES.items() if present == name)


def _run_started_1(payload: Payload) -> Payload:
    config = migrate_config(payload["config"])
    return payload | {
        "config": config,
        "run_id": derived_run_id(payload),
        "curriculum": curriculum_payload(config),
        "wages": wages_payload(config),
    }


def _run_resumed_1(payload: Payload) -> Payload:
    changes = payload.get("config_changes", {})
    migrated = {migrate_key(key): migrate_config(values, key) for key, values in changes.items()}
    return payload | {"config_changes": migrated}


def _exploration_changed_1(payload: Payload) -> Payload:
    return payload | {"reason": "drop"} if payload["reason"] == "surprise" else payload


def _episode_finished_1(payload: Payload) -> Payload:
    return payload | {"born_stage": payload["curriculum_stage"]}


def _unchanged(payload: Payload) -> Payload:
    """The newer version only allows more than this one."""
    return payload


UPCASTERS: Upcasters = {
    ("run_started", 1): _run_started_1,
    ("run_resumed", 1): _run_resumed_1,
    ("episode_finished", 1): _episode_finished_1,
    ("exploration_changed", 1): _exploration_changed_1,
    ("affordances_randomized", 1): _unchanged,
    ("cells_visited", 1): _unchanged,
}


def upcast(
    name: str, version: int, current: int, payload: Payload, upcasters: Upcasters = UPCASTERS
) -> Payload:
    """Bring `payload` of event `name` from `version` to `current`.

    Raises:
        LookupError: a step of the chain is missing, the payload is newer than this program, or the payload
            is damaged so that an upcaster cannot read it.
    """
    if version > current:
        raise LookupError(
            f"{name} version {version} is newer than this program's version {current}; upgrade it"
        )
    for step in range(version, current):
        if (name, step) not in upcasters:
            raise LookupError(f"{name} has no upcaster from version {step} to {step + 1}")
        try:
            payload = upcasters[name, step](payload)
        except KeyError as error:
            raise LookupError(f"{name} version {step} is missing required field {error}") from error
        except (TypeError, AttributeError) as error:
            raise LookupError(f"{name} version {step} has a field of the wrong type ({error})") from error
    return payload
