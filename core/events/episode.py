"""The events of one finished episode; they share a transaction."""

from typing import ClassVar

from core.events.base import Event


class EpisodeFinished(Event, frozen=True, kw_only=True, tag="episode_finished"):
    """One episode of one agent ended; episodes of all agents are numbered from 1 in order of completion.

    `survival_time` in steps. `extrinsic_reward` and `intrinsic_reward` are sums over the steps of the episode
    (intrinsic normalised, unweighted); `total_reward` = sum(extrinsic + weight * intrinsic) with the weight
    of each step. `born_stage` is the stage, from 1, in which the episode began; `curriculum_stage` (from 1),
    `intrinsic_weight` and `epsilon` are as of its end. `cause` is the vital meter that reached 0, or "limit".
    `vector_step` counts steps of all agents together since the run began.

    What an algorithm has no notion of is None (`producer.environment.record`): without curiosity the
    intrinsic reward and its weight, without a curriculum both stages, and epsilon where no probability of a
    random action is known.

    A payload of version 1 has no `born_stage`: it is then `curriculum_stage`, which differs for the few
    episodes that were in progress when the curriculum moved.
    """

    version: ClassVar[int] = 2

    episode: int
    agent: int
    survival_time: int
    total_reward: float
    extrinsic_reward: float
    intrinsic_reward: float | None
    intrinsic_weight: float | None
    born_stage: int | None
    curriculum_stage: int | None
    epsilon: float | None
    cause: str
    vector_step: int


class CellsVisited(Event, frozen=True, kw_only=True, tag="cells_visited"):
    """The path of an episode, and how novel each cell of the town was when the episode ended.

    `path` is packed by `pack_cells`: the cell after each step, `[survival_time]`; `start_cell` is the cell
    before the first step. `novelty` is packed by `core.novelty_map`, unitless: the prediction error of random
    network distillation (or, with `exploration.novelty: counts`, the bonus of the counts) of each cell, or of
    each block of cells in a town of more than 256; empty in a run without it (`exploration.novelty: none`).

    A payload of version 1 has a path of one byte a step and one novelty a cell, so its town has 256 cells at
    most; both are read as version 2.
    """

    version: ClassVar[int] = 2

    episode: int
    start_cell: int
    path: bytes
    novelty: bytes


class AffordancesUsed(Event, frozen=True, kw_only=True, tag="affordances_used"):
    """The affordances used in an episode (interactions that took effect), in order, with steps from 1.

    Older logs call this event `transitions_made`.
    """

    episode: int
    affordances: tuple[str, ...]
    steps: tuple[int, ...]


class EpisodeTraced(Event, frozen=True, kw_only=True, tag="episode_traced"):
    """An episode step by step, for a replay; `recording.trace_every` in the configuration thins these out.

    `actions` is packed by `pack_indices`, `[survival_time]`; `meters` by `pack_meters`,
    `[survival_time + 1, meters]`: before the first step and after each. Older logs call this event
    `vitals_traced`.
    """

    episode: int
    actions: bytes
    meters: bytes
