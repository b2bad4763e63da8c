"""A column of an export: its name, what is in it, and a sentence that travels with the file."""

from typing import Literal

import msgspec

Kind = Literal["integer", "real", "text", "json"]
"""`json` is text that holds JSON; JSON Lines embed it as it is."""


class Column(msgspec.Struct, frozen=True):
    """One column; any of them may be NULL."""

    name: str
    kind: Kind
    about: str
