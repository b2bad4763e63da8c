"""Behaviour rules: when an episode shows a behaviour worth teaching, and the evidence for it. No SQL here.

A rule examines one episode and yields nothing, or one finding with the numbers it compared. The thresholds
select behaviour that a viewer would notice; `docs/projections.md` lists them. A new rule is a good first
change: one function, one row in that table, one test.
"""

from collections.abc import Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from core.number_text import percent, whole
from core.packing import METER_LEVELS

INTERACT = "INTERACT"
HUNDRED = 100
"""Episodes of one comparison; of each kind one behaviour in so many episodes is kept."""

CAMPING_SHARE = 0.6
"""Share of an episode's steps on one cell that counts as camping there."""
LEAST_STEPS = 100
"""Shorter episodes say little about habits."""
WAITING_SHARE = 0.4
"""Share of an episode's steps spent on INTERACT where there is no affordance."""
PING_PONG_STEPS = 20
"""Steps in a row between the same two cells."""
WORKLESS_STEPS = 300
"""An episode this long without work is a choice."""
HOARD = 0.8
"""Level of the money meter that is more than an agent needs."""
BEGINNER_EPSILON = 0.5
"""Epsilon from which on an episode is a beginner's: most of its actions are random, so little was chosen."""
MISERY = 0.2
"""Mean of mood and social over the second half of an episode below which the agent is miserable."""


KIND_NAMES = {
    "camping": "Camping",
    "ping_pong": "Ping-pong",
    "never_working": "Never worked",
    "waiting": "Waiting",
    "hoarding": "Died rich",
    "miserable": "Alive and miserable",
    "reward_hacking": "Reward hacking",
}
"""What each kind of behaviour is called, wherever it was seen."""


class Episode(msgspec.Struct, frozen=True):
    """What the rules examine.

    `path` `[steps]` is the cell after each step; `places` names the affordance of a cell; `actions` `[steps]`
    and `meters` `[steps + 1, meters]` (levels 0 to 255) are None when the episode was not traced. `wages`
    names the affordances that pay. `width` is the number of cells in a row of the town.
    """

    path: npt.NDArray[np.uint16]
    start_cell: int
    used: tuple[str, ...]
    cause: str
    places: dict[int, str]
    width: int
    wages: tuple[str, ...]
    actions: npt.NDArray[np.uint8] | None = None
    meters: npt.NDArray[np.uint8] | None = None
    action_names: tuple[str, ...] = ()
    meter_names: tuple[str, ...] = ()
    money_meter: str = "money"


class Finding(msgspec.Struct, frozen=True):
    """What a rule found: `kind` is stable, `title` is for people, `evidence` holds the numbers.

    `step` (from 1) is where in the episode the evidence begins, None where it is the whole episode.
    """

    kind: str
    title: str
    evidence: str
    step: int | None = None


def from_path(episode: Episode) -> Iterator[Finding]:
    """Rules that need only the path and the affordances used."""
    steps = len(episode.path)
    if steps >= LEAST_STEPS:
        counts = np.bincount(episode.path)
        cell = int(counts.argmax())
        if counts[cell] >= CAMPING_SHARE * steps and cell in episode.places:
            place = episode.places[cell]
            yield Finding(
                "camping",
                f"Camping on the {place}",
                f"{counts[cell]:,} of {steps:,} steps on its cell, {episode.used.count(place):,} uses",
                int((episode.path == cell).argmax()) + 1,
            )
    if steps > PING_PONG_STEPS:
        longest, end = longest_ping_pong(episode.path)
        if longest >= PING_PONG_STEPS:
            yield Finding(
                "ping_pong",
                "Ping-pong between two cells",
                f"{longest:,} steps in a row between {_cell_name(episode, int(episode.path[end - 1]))} and"
                f" {_cell_name(episode, int(episode.path[end]))}, until step {end + 1:,} of {steps:,}",
                end - longest + 2,
            )
    if steps >= WORKLESS_STEPS and episode.wages and not set(episode.wages) & set(episode.used):
        yield Finding(
            "never_working",
            "Never worked",
            f"lived {steps:,} steps with {len(episode.used):,} uses,"
            f" none of them {' or '.join(episode.wages)}",
        )


def from_trace(episode: Episode) -> Iterator[Finding]:
    """Rules that need the actions and the meters, too."""
    steps = len(episode.path)
    if episode.actions is None or episode.meters is None or steps < LEAST_STEPS:
        return
    if INTERACT in episode.action_names:
        before = np.concatenate([np.array([episode.start_cell], episode.path.dtype), episode.path[:-1]])
        empty = ~np.isin(before, list(episode.places))
        idle = empty & (episode.actions == episode.action_names.index(INTERACT))
        waited = int(idle.sum())
        if waited >= WAITING_SHARE * steps:
            yield Finding(
                "waiting",
                "Waiting, because waiting is cheap",
                f"{waited:,} of {steps:,} steps on {INTERACT} where there is no affordance",
                int(idle.argmax()) + 1,
            )
    if episode.money_meter in episode.meter_names and episode.cause != "limit":
        money = episode.meters[-1, episode.meter_names.index(episode.money_meter)] / METER_LEVELS
        if money >= HOARD:
            yield Finding(
                "hoarding",
                "Died rich",
                f"died of {episode.cause} after {steps:,} steps with {percent(money)} of a full purse",
                steps,
            )
    if {"mood", "social"} <= set(episode.meter_names) and episode.cause == "limit":
        half = episode.meters[len(episode.meters) // 2 :] / METER_LEVELS
        mood, social = (half[:, episode.meter_names.index(name)].mean() for name in ("mood", "social"))
        if mood < MISERY and social < MISERY:
            yield Finding(
                "miserable",
                "Alive and miserable",
                f"lived to the limit with mean mood {mood:.2f} and social {social:.2f} in its second half",
                steps // 2,
            )


def _cell_name(episode: Episode, cell: int) -> str:
    """The affordance on a cell, or where the cell is: columns and rows are counted from 1."""
    y, x = divmod(cell, episode.width)
    place = episode.places.get(cell)
    return f"the {place}" if place is not None else f"column {x + 1}, row {y + 1}"


def longest_ping_pong(path: npt.NDArray[np.uint16]) -> tuple[int, int]:
    """Length of the longest sequence a b a b …, in steps, and the index of its end."""
    back = (path[2:] == path[:-2]) & (path[2:] != path[1:-1])
    ends = np.flatnonzero(~back)
    borders = np.concatenate([[-1], ends, [len(back)]])
    runs = np.diff(borders) - 1
    best = int(runs.argmax())
    length = int(runs[best])
    return (length + 2 if length else 0), int(borders[best + 1]) + 1


def reward_against_survival(
    hundred: int, reward: tuple[float, float], survival: tuple[float, float]
) -> Finding | None:
    """Reward rose and survival fell from one hundred episodes to the next; (before, after) of both."""
    rose = reward[1] - reward[0] > 0.05 * max(abs(reward[0]), 1e-9)
    if not rose or survival[1] >= 0.9 * survival[0]:
        return None
    return Finding(
        "reward_hacking",
        "More reward, shorter lives",
        f"episodes {(hundred - 1) * HUNDRED + 1:,} to {hundred * HUNDRED:,} against the hundred before:"
        f" mean reward {reward[0]:.2f} → {reward[1]:.2f}, mean survival"
        f" {whole(survival[0])} → {whole(survival[1])} steps",
    )
