"""What a comparison of runs answers. The page and the command draw it and compute nothing."""

from typing import Any

import msgspec

from projections.compare.runs import Axis, Curve, Figure
from projections.compare.statistics import Band, Difference, Estimate

__all__ = ["ComparedRun", "Comparison", "ConfigDifference", "FigureDifference", "Group"]


class ComparedRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `curves` maps a curve's key to its value at each point of the grid, None where it has none.

    A curve that the run has no notion of (a foreign algorithm's stage) is not in `curves`. A branch shares
    its parent's values up to `split_at` on the grid's axis; `parent_run_id` and `split_at` are None for a run
    that is no branch. `drawn_with` is the run of the comparison whose curves show the shared history of a
    branch, and `drawn_from` the index of the last shared point of the grid, from which on the branch has a
    curve of its own; None and 0 for a run with a curve of its own from the beginning. `colour` is an index
    from 0 to 9 that follows from the run id, so that a run keeps its colour however the runs are named,
    ordered or grouped.
    """

    run_id: str
    name: str
    seed: int
    colour: int
    episodes: int
    planned_episodes: int
    agent_steps: int
    group: int
    parent_run_id: str | None
    split_at: float | None
    drawn_with: str | None
    drawn_from: int
    figures: dict[str, float | None]
    curves: dict[str, list[float | None]]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Runs that belong together. `figures` and `bands` by the keys of figures and curves, each with its n.

    `one_history`: the runs share a history, so `n` counts futures of one run and not seeds. `colour` is an
    index from 0 to 9: that of its run for a group of one, and as far as there are enough colours one that no
    run and no other group has.
    """

    label: str
    colour: int
    run_ids: list[str]
    one_history: bool
    figures: dict[str, Estimate]
    bands: dict[str, Band]


class FigureDifference(msgspec.Struct, frozen=True, kw_only=True):
    """How much larger a figure is in the group `group` than in the group `reference`; both are indices."""

    group: int
    reference: int
    figure: str
    difference: Difference


class ConfigDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A key whose value is not the same in all runs; run id → value. A run without the key is left out."""

    key: str
    values: dict[str, Any]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Runs side by side. `grid` are the points of all curves on `axis`; `reach[i]` of the runs reach point i.

    Every group is compared with the first one. `few_runs`: so few that each is drawn as a line of full
    strength. `notes` are sentences that a reader must know.
    """

    axis: Axis
    group_by: str | None
    keys: list[str]
    grid: list[int]
    reach: list[int]
    few_runs: bool
    runs: list[ComparedRun]
    groups: list[Group]
    curves: list[Curve]
    figures: list[Figure]
    differences: list[FigureDifference]
    configuration: list[ConfigDifference]
    notes: list[str]
