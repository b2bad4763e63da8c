"""What all events have in common."""

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Base of all events: `version` is that of the payload's meaning, not of the program."""

    version: ClassVar[int] = 1
