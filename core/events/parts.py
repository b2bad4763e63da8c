"""The structs that stand inside events: places, the town, the curriculum, baselines, files."""

import msgspec

__all__ = ["CurriculumSummary", "Placement", "SavedFile", "StageBaseline", "StageSummary", "WorldMap"]


class Placement(msgspec.Struct, frozen=True):
    """Where an affordance stands: column `x` from the left, row `y` from the top, both from 0."""

    name: str
    x: int
    y: int


class WorldMap(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader must know of the town to draw it; a cell's index is `y * width + x`.

    `meters` are in the order of every meter vector in the log; `vital_meters` end the episode at 0.
    `meter_full_scale` gives what a meter's 1.0 means to a reader ({"money": 100.0} is $100
    with the currency "$"); meters not named there are fractions. `currency` is a sign, written before an
    amount, or a word, written after it. `when_low` is what people call an agent whose meter is low
    ({"energy": "tired"}), for the meters that have such a word. `kinds` gives the kind of an affordance
    ({"Bed2": "Bed"}) where the kind is not its name. Agents cannot enter the cells `walls` and `water`, in
    ascending order.
    """

    width: int
    height: int
    meters: tuple[str, ...]
    vital_meters: tuple[str, ...]
    affordances: tuple[Placement, ...]
    actions: tuple[str, ...]
    max_steps: int
    meter_full_scale: dict[str, float] = {}
    when_low: dict[str, str] = {}
    currency: str = "$"
    kinds: dict[str, str] = {}
    walls: tuple[int, ...] = ()
    water: tuple[int, ...] = ()


class StageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of the curriculum, as a reader needs it.

    `name` and `meaning` are words for people. `active_meters` can end an episode (the vital ones) and count
    in the shaped reward. `depletion` multiplies the passive drain of the meters, from 0 to 1. `reward` is
    "shaped" or "sparse".
    """

    name: str
    meaning: str
    active_meters: tuple[str, ...]
    depletion: float
    reward: str


class CurriculumSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The stages of a run and what moves the population between the stages.

    `start_stage` counts from 1. The curriculum compares the mean survival of the last `survival_window`
    episodes with `advance_at` and `retreat_at`, both in steps.
    """

    stages: tuple[StageSummary, ...]
    start_stage: int
    survival_window: int
    advance_at: float
    retreat_at: float


class StageBaseline(msgspec.Struct, frozen=True, kw_only=True):
    """Mean survival of a baseline policy in one stage, in steps.

    `stage` counts from 1. `low` and `high` bound the mean with 95 % confidence (percentile bootstrap).
    """

    stage: int
    mean_survival: float
    low: float
    high: float


class SavedFile(msgspec.Struct, frozen=True):
    """A file of a checkpoint: name in the checkpoint directory, sha256 (hex) and size in bytes."""

    name: str
    sha256: str
    bytes: int
