"""The events that change what is learnt next: stage, exploration, layout of the town."""

from typing import ClassVar

from core.events.base import Event
from core.events.parts import Placement


class StageChanged(Event, frozen=True, kw_only=True, tag="stage_changed"):
    """The curriculum moved; `agent` is None when the whole population did.

    `episode` is the last finished one; `decided_by` holds the numbers compared and their thresholds.
    """

    episode: int
    agent: int | None
    from_stage: int
    to_stage: int
    decided_by: dict[str, float]


class ExplorationChanged(Event, frozen=True, kw_only=True, tag="exploration_changed"):
    """The intrinsic weight was annealed or raised again, and why.

    `reason` is "annealing" (its gate opened, or the weight fell noticeably), "paused" (its gate closed) or
    "drop" (mean survival fell far below its slow reference), "recovered" or "given_up" (after a drop).
    `decided_by` as in `StageChanged`. Version 1 says "surprise" instead of "drop".
    """

    version: ClassVar[int] = 2

    episode: int
    reason: str
    intrinsic_weight_before: float
    intrinsic_weight_after: float
    epsilon_before: float
    epsilon_after: float
    decided_by: dict[str, float]


class AffordancesRandomized(Event, frozen=True, kw_only=True, tag="affordances_randomized"):
    """Every affordance was moved, to see whether the agent recovers; `episode` is the last finished one.

    `seed` drew the new cells; it is None where the layout of a branch was given by a file. In version 1 it is
    always a number.
    """

    version: ClassVar[int] = 2

    episode: int
    seed: int | None
    old: tuple[Placement, ...]
    new: tuple[Placement, ...]
