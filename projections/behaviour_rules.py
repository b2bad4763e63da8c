"""The rules by which a life counts as odd and teachable, each with the evidence for it. No SQL here.

A rule looks at one life and says nothing, or one sentence with the numbers it went by. The thresholds are
chosen so that a rule speaks of behaviour a viewer would notice, not of noise; `docs/projections.md` lists
them.
"""

from collections.abc import Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from core.world import MAX_CELLS

INTERACT = "INTERACT"
LEVELS = 255

CAMPING_SHARE = 0.6
"""Part of a life's steps on one cell that counts as camping there."""
LEAST_STEPS = 100
"""Shorter lives say little about habits."""
WAITING_SHARE = 0.4
"""Part of a life's steps spent on INTERACT where there is nothing."""
PING_PONG_STEPS = 20
"""Steps in a row between the same two cells."""
WORKLESS_STEPS = 300
"""A life this long without a day's work is a choice."""
HOARD = 0.8
"""Part of a full purse that is more than anybody needs."""
MISERY = 0.2
"""Mean of mood and social over the second half of a life below which it is a misery."""


class Life(msgspec.Struct, frozen=True):
    """What the rules look at.

    `path` `[steps]` is the cell after each step; `places` names the affordance of a cell; `actions` `[steps]`
    and `meters` `[steps + 1, meters]` (levels 0 to 255) are None when the life was not traced.
    """

    path: npt.NDArray[np.uint8]
    start_cell: int
    used: tuple[str, ...]
    cause: str
    places: dict[int, str]
    wages: tuple[str, ...]
    actions: npt.NDArray[np.uint8] | None = None
    meters: npt.NDArray[np.uint8] | None = None
    action_names: tuple[str, ...] = ()
    meter_names: tuple[str, ...] = ()
    purse: str = "money"


class Oddity(msgspec.Struct, frozen=True):
    """`kind` is stable, `title` is for people, `evidence` holds the numbers."""

    kind: str
    title: str
    evidence: str


def from_path(life: Life) -> Iterator[Oddity]:
    """Rules that need only where the life was and what it used."""
    steps = len(life.path)
    if steps >= LEAST_STEPS:
        counts = np.bincount(life.path)
        cell = int(counts.argmax())
        if counts[cell] >= CAMPING_SHARE * steps and cell in life.places:
            place = life.places[cell]
            yield Oddity(
                "camping",
                f"Camping on the {place}",
                f"{counts[cell]} of {steps} steps on its cell, {life.used.count(place)} uses",
            )
    if steps > PING_PONG_STEPS:
        longest, end = longest_ping_pong(life.path)
        if longest >= PING_PONG_STEPS:
            yield Oddity(
                "ping_pong",
                "Ping-pong between two cells",
                f"{longest} steps in a row between cells {life.path[end - 1]} and {life.path[end]},"
                f" until step {end + 1} of {steps}",
            )
    if steps >= WORKLESS_STEPS and life.wages and not set(life.wages) & set(life.used):
        yield Oddity(
            "never_working",
            "Never worked",
            f"lived {steps} steps with {len(life.used)} uses, none of them {' or '.join(life.wages)}",
        )


def from_trace(life: Life) -> Iterator[Oddity]:
    """Rules that need the actions and the meters, too."""
    steps = len(life.path)
    if life.actions is None or life.meters is None or steps < LEAST_STEPS:
        return
    if INTERACT in life.action_names:
        before = np.concatenate([np.array([life.start_cell], np.uint8), life.path[:-1]])
        empty = np.ones(MAX_CELLS, bool)
        empty[list(life.places)] = False
        idle = empty[before] & (life.actions == life.action_names.index(INTERACT))
        waited = int(idle.sum())
        if waited >= WAITING_SHARE * steps:
            yield Oddity(
                "waiting",
                "Waiting, because waiting is cheap",
                f"{waited} of {steps} steps on INTERACT where there is nothing",
            )
    if life.purse in life.meter_names and life.cause != "limit":
        money = life.meters[-1, life.meter_names.index(life.purse)] / LEVELS
        if money >= HOARD:
            yield Oddity(
                "hoarding",
                "Died rich",
                f"died of {life.cause} after {steps} steps with {money:.0%} of a full purse",
            )
    if {"mood", "social"} <= set(life.meter_names) and life.cause == "limit":
        half = life.meters[len(life.meters) // 2 :] / LEVELS
        mood, social = (half[:, life.meter_names.index(name)].mean() for name in ("mood", "social"))
        if mood < MISERY and social < MISERY:
            yield Oddity(
                "miserable",
                "Alive and miserable",
                f"lived to the limit with mean mood {mood:.2f} and social {social:.2f} in its second half",
            )


def longest_ping_pong(path: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """Length of the longest stretch a b a b …, in steps, and the index it ends at."""
    back = (path[2:] == path[:-2]) & (path[2:] != path[1:-1])
    ends = np.flatnonzero(~back)
    borders = np.concatenate([[-1], ends, [len(back)]])
    runs = np.diff(borders) - 1
    best = int(runs.argmax())
    length = int(runs[best])
    return (length + 2 if length else 0), int(borders[best + 1]) + 1


def reward_against_survival(
    hundred: int, reward: tuple[float, float], survival: tuple[float, float]
) -> Oddity | None:
    """Reward rose and survival fell from one hundred of episodes to the next; (before, after) of both."""
    rose = reward[1] - reward[0] > 0.05 * max(abs(reward[0]), 1e-9)
    if not rose or survival[1] >= 0.9 * survival[0]:
        return None
    return Oddity(
        "reward_hacking",
        "More reward, shorter lives",
        f"episodes {(hundred - 1) * 100 + 1} to {hundred * 100} against the hundred before: mean reward"
        f" {reward[0]:.2f} → {reward[1]:.2f}, mean survival {survival[0]:.0f} → {survival[1]:.0f} steps",
    )
