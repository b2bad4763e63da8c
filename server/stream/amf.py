"""AMF0, how RTMP writes the arguments of its commands (Action Message Format, AMF 0, 2007)."""

import struct
from collections.abc import Mapping
from typing import TypeAlias

Value: TypeAlias = "float | bool | str | Mapping[str, Value] | list[Value] | None"

NUMBER, BOOLEAN, STRING, OBJECT, NULL, UNDEFINED, ECMA_ARRAY, STRICT_ARRAY, LONG_STRING = (
    0, 1, 2, 3, 5, 6, 8, 10, 12,
)  # fmt: skip
OBJECT_END = b"\x00\x00\x09"
MAX_DEPTH = 8
"""Objects inside objects; a server has no reason to send more."""


def encode(*values: Value) -> bytes:
    """The values one after the other."""
    return b"".join(map(_encode, values))


def decode(data: bytes) -> list[Value]:
    """All values in `data`.

    Raises:
        ValueError: it is cut off, or holds a type that no answer of a server has.
    """
    values: list[Value] = []
    at = 0
    try:
        while at < len(data):
            value, at = _decode(data, at, MAX_DEPTH)
            values.append(value)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"AMF0 cannot be read ({error})") from error
    return values


def _encode(value: Value) -> bytes:
    if value is None:
        return bytes([NULL])
    if isinstance(value, bool):
        return bytes([BOOLEAN, value])
    if isinstance(value, int | float):
        return bytes([NUMBER]) + struct.pack(">d", value)
    if isinstance(value, str):
        return bytes([STRING]) + _name(value)
    if isinstance(value, Mapping):
        pairs = b"".join(_name(key) + _encode(part) for key, part in value.items())
        return bytes([OBJECT]) + pairs + OBJECT_END
    return bytes([STRICT_ARRAY]) + struct.pack(">I", len(value)) + encode(*value)


def _name(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def _decode(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    kind, at = data[at], at + 1
    if kind == NUMBER:
        return struct.unpack_from(">d", data, at)[0], at + 8
    if kind == BOOLEAN:
        return data[at] != 0, at + 1
    if kind in (STRING, LONG_STRING):
        return _text(data, at, 4 if kind == LONG_STRING else 2)
    if kind in (NULL, UNDEFINED):
        return None, at
    if kind in (OBJECT, ECMA_ARRAY) and depth > 0:
        return _object(data, at + (4 if kind == ECMA_ARRAY else 0), depth - 1)
    if kind == STRICT_ARRAY and depth > 0:
        count, at = struct.unpack_from(">I", data, at)[0], at + 4
        values: list[Value] = []
        for _ in range(count):
            value, at = _decode(data, at, depth - 1)
            values.append(value)
        return values, at
    raise ValueError(f"AMF0 holds a value of type {kind}, which is not known")


def _object(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    pairs: dict[str, Value] = {}
    while data[at : at + 3] != OBJECT_END:
        key, at = _text(data, at, 2)
        pairs[key], at = _decode(data, at, depth)
    return pairs, at + 3


def _text(data: bytes, at: int, size_bytes: int) -> tuple[str, int]:
    size = int.from_bytes(data[at : at + size_bytes], "big")
    at += size_bytes
    if at + size > len(data):
        raise IndexError("text is cut off")
    return data[at : at + size].decode(), at + size
