"""The name of a run: 128 bits, written as base32 in lower case without padding (26 characters)."""

import base64
import hashlib
import secrets
from typing import Any

import msgspec

__all__ = ["derived_run_id", "new_run_id"]

BYTES = 16


def new_run_id() -> str:
    """A random run id. The random bits come from the operating system, never from the seed of the run."""
    return _text(secrets.token_bytes(BYTES))


def derived_run_id(payload: dict[str, Any]) -> str:
    """The run id for a `run_started` payload that was written before runs had an id.

    The id is blake2b-128 over the payload as JSON with sorted keys: the same log always gives the same id.
    Two such runs whose `run_started` payloads are equal (same seed, configuration, packages and device) get
    the same id.
    """
    canonical = msgspec.json.encode(payload, order="sorted")
    return _text(hashlib.blake2b(canonical, digest_size=BYTES).digest())


def _text(bits: bytes) -> str:
    return base64.b32encode(bits).decode().rstrip("=").lower()
