"""Events as rows of the log, and back: encoding, decoding, and what a row is.

Payloads are JSON. Old names and old versions become the present ones here (`core.upcasters`).
"""

from typing import Any, TypeAlias, cast

import msgspec

from core.events import CATALOGUE, AnyEvent, Event, event_name
from core.upcasters import UPCASTERS, Upcasters, present_name, upcast

__all__ = ["EVENT_TYPES", "Encoded", "Recorded", "decode", "encode"]

Encoded: TypeAlias = tuple[float, str, int, str]
"""(recorded_at in Unix seconds, type, version, payload), as it goes into a row."""


class Recorded(msgspec.Struct, frozen=True):
    """One row of the log, not yet decoded: `recorded_at` in Unix seconds, `payload` as JSON text.

    `type` is the event's name as written; `event_name` is the event's present name.
    """

    position: int
    recorded_at: float
    type: str
    version: int
    payload: str

    @property
    def event_name(self) -> str:
        """The present name of the event, whatever name the row was written under."""
        return present_name(self.type)


EVENT_TYPES = {event_name(event_type): event_type for event_type in CATALOGUE}
NAMES = {event_type: name for name, event_type in EVENT_TYPES.items()}

_encoder = msgspec.json.Encoder()
_decoders = {name: msgspec.json.Decoder(event_type) for name, event_type in EVENT_TYPES.items()}


def encode(event: Event, recorded_at: float) -> Encoded:
    """Make the row of an event.

    Raises:
        ValueError: the event holds NaN or Inf. JSON has neither, so the row could not be read again.
    """
    name, payload = NAMES[type(event)], _encoder.encode(event)
    # NaN becomes null; a null is rare, so checking every one is cheap; in the log it would stay for ever
    if b"null" in payload:
        try:
            _decoders[name].decode(payload)
        except msgspec.ValidationError as error:
            raise ValueError(f"{name} is not written, it could not be read again: {error}") from error
    return recorded_at, name, event.version, payload.decode()


def decode(recorded: Recorded, upcasters: Upcasters = UPCASTERS) -> AnyEvent:
    """Give back the typed event, upcast to its present version.

    Raises:
        msgspec.MsgspecError: the payload is no JSON, or does not fit its event type.
        LookupError: unknown event type, version newer than this program, or an upcaster missing.
    """
    name = recorded.event_name
    event_type = EVENT_TYPES.get(name)
    if event_type is None:
        raise LookupError(f"unknown event type {recorded.type!r}")
    if recorded.version == event_type.version and recorded.type == name:
        return cast(AnyEvent, _decoders[name].decode(recorded.payload))
    payload = msgspec.json.decode(recorded.payload, type=dict[str, Any])
    if payload.get("type") == recorded.type:
        payload["type"] = name
    payload = upcast(name, recorded.version, event_type.version, payload, upcasters)
    return cast(AnyEvent, msgspec.convert(payload, event_type))
