"""What a sweep asks of the attempts that it starts; a run that somebody starts by hand asks nothing."""

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["UNSUPERVISED", "Supervision"]


class Supervision(NamedTuple):
    """Two calls from inside an attempt."""

    require_lease: Callable[[], None]
    """Raises an error where a later attempt has the run. Called in every transaction of the log, before a
    checkpoint is written, and before old replay buffers are removed."""
    checkpointed: Callable[[], None]
    """Called after a checkpoint and its event are on the disk."""


def _nothing() -> None:
    """The call of a run that no sweep has started."""


UNSUPERVISED = Supervision(_nothing, _nothing)
