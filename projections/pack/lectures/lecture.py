"""What a lecture consists of: words and a test in YAML, and a template of scenes beside them."""

from pathlib import Path

import msgspec

LECTURES = ("exploration", "curriculum", "generalisation", "emergence")
"""The names of the lectures, in the order in which they are given."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question of a test: `wrong` maps each wrong answer to what to say to whoever chose it."""

    ask: str
    right: str
    wrong: dict[str, str]


class Lecture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lecture: what students can do after it, the six questions before and after, the last exercise.

    `make` and `commands` are the exercise that has no right answer: something of one's own.
    """

    title: str
    outcome: str
    make: str
    commands: str
    test: list[Question]


def read_lecture(folder: Path, name: str) -> Lecture:
    """The words of a lecture."""
    return msgspec.yaml.decode((folder / f"{name}.yaml").read_bytes(), type=Lecture)
