"""The first routine of a run: the first episode in which the agent goes the same round again and again.

A query over the tables of `episodes` and `replays`; no tables of its own.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import apsw
import msgspec

from projections.readmodels.behaviour_page import Behaviour, read_first_behaviours
from projections.readmodels.behaviour_rules import BEGINNER_EPSILON

ROUNDS = 3
"""The same round so often in a row is no accident."""
PLACES = 3
"""A round of fewer places is a habit, no routine."""
MOST_PLACES = 6


class Routine(msgspec.Struct, frozen=True):
    """A round of different `places`, gone `rounds` times in a row; `step` (from 1) is the first use of it."""

    places: tuple[str, ...]
    rounds: int
    step: int


def find_routine(used: Sequence[str], steps: Sequence[int]) -> Routine | None:
    """The first round of at least `PLACES` affordances that is gone `ROUNDS` times in a row, or None.

    `used` and `steps` `[uses]` are the affordances and the steps, in order. Uses of the same affordance in a
    row count as one visit.
    """
    visits = [next(same) for _, same in groupby(zip(used, steps, strict=True), key=lambda use: use[0])]
    names = [name for name, _ in visits]
    for start in range(len(names)):
        for size in range(PLACES, MOST_PLACES + 1):
            places = names[start : start + size]
            if len(set(places)) < size:
                break
            rounds = 1
            while names[start + rounds * size : start + (rounds + 1) * size] == places:
                rounds += 1
            if rounds >= ROUNDS:
                return Routine(tuple(places), rounds, visits[start][1])
    return None


def read_first_routine(connection: apsw.Connection) -> Behaviour | None:
    """The first episode with a routine that the agent chose; None where there is none."""
    rows: Any = connection.execute(
        "SELECT episode_id, affordances, steps FROM episodes JOIN episode_details USING (episode_id)"
        " JOIN replay_uses USING (episode_id, attempt)"
        " WHERE coalesce(epsilon, 0) < ? ORDER BY episode_id",
        (BEGINNER_EPSILON,),
    )
    for episode, used, steps in rows:
        routine = find_routine(msgspec.json.decode(used), msgspec.json.decode(steps))
        if routine is not None:
            return Behaviour(
                episode=episode,
                kind="routine",
                title=f"The first routine: {' → '.join(routine.places)}",
                evidence=f"{routine.rounds} times in a row",
                step=routine.step,
                beginner=False,
            )
    return None


def read_landmark_behaviours(connection: apsw.Connection) -> list[Behaviour]:
    """Of each kind the first behaviour that the agent chose, and its first routine."""
    routine = read_first_routine(connection)
    return [*read_first_behaviours(connection), *([routine] if routine is not None else [])]
