"""Old payloads made readable: what turns version n of an event's payload into version n + 1.

An upcaster takes and gives a plain payload (a dict, as decoded from JSON); chains of them lead to the
version that `core.events` describes. A field that was merely added needs no upcaster, only a default.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Payload: TypeAlias = dict[str, Any]
Upcaster: TypeAlias = Callable[[Payload], Payload]
Upcasters: TypeAlias = Mapping[tuple[str, int], Upcaster]
"""(event name, version it reads) → the function that makes the next version of it."""

UPCASTERS: Upcasters = {}
"""No event has changed its meaning so far."""


def upcast(
    name: str, version: int, current: int, payload: Payload, upcasters: Upcasters = UPCASTERS
) -> Payload:
    """Bring `payload` of event `name` from `version` to `current`.

    Raises:
        LookupError: a step of the chain is missing, or the payload is newer than this program.
    """
    if version > current:
        raise LookupError(
            f"{name} version {version} is newer than this program's version {current}; upgrade it"
        )
    for step in range(version, current):
        if (name, step) not in upcasters:
            raise LookupError(f"{name} has no upcaster from version {step} to {step + 1}")
        payload = upcasters[name, step](payload)
    return payload
