"""Which runs of a comparison share a part of their history, so that the part is drawn once."""

from collections.abc import Sequence
from typing import NamedTuple

from projections.compare.runs import Axis, RunData

__all__ = ["SharedHistory", "shared_histories"]


class SharedHistory(NamedTuple):
    """The run `run_id` of the comparison draws the history up to `until`, a point on the axis."""

    run_id: str
    until: int


def shared_histories(runs: Sequence[RunData], axis: Axis) -> dict[str, SharedHistory]:
    """Run id of a branch → which run draws the history that the branch shares with that run.

    That is the parent if the parent is compared too. Of branches whose parent is not compared the one that
    left the parent last draws the shared history, the first by run id among equals. Runs that draw their own
    history from the beginning are not in the result.
    """
    compared = {data.run.run_id for data in runs}
    splits = {
        data.run.run_id: (parent.run_id, data.split_at(axis) or 0)
        for data in runs
        if (parent := data.run.parent) is not None
    }
    last: dict[str, str] = {}
    for run_id in sorted(splits):
        parent_id, split = splits[run_id]
        if parent_id not in last or split > splits[last[parent_id]][1]:
            last[parent_id] = run_id
    result: dict[str, SharedHistory] = {}
    for run_id, (parent_id, split) in splits.items():
        drawn_by = parent_id if parent_id in compared else last[parent_id]
        if drawn_by != run_id:
            result[run_id] = SharedHistory(drawn_by, split)
    return result
