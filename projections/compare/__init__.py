"""Runs side by side: curves, figures with intervals, differences of groups and of configurations.

    from projections.compare import compare

    comparison = compare(["runs/a", "runs/b"], group_by="experiment.name")
    for group in comparison.groups:
        print(group.label, group.figures["final_survival"])

The command `projections compare` and the page `/compare` give the same numbers. docs/howto/compare.md.
"""

from collections.abc import Sequence
from pathlib import Path

from projections.compare.comparison import compare_runs
from projections.compare.find import find_runs
from projections.compare.picture import as_png
from projections.compare.result import (
    ComparedRun,
    Comparison,
    ConfigDifference,
    FigureDifference,
    Group,
)
from projections.compare.runs import Axis, Curve, Figure, NamedRun
from projections.compare.statistics import Band, Difference, Estimate
from projections.compare.tables import as_csv, as_markdown

__all__ = [
    "Axis",
    "Band",
    "ComparedRun",
    "Comparison",
    "ConfigDifference",
    "Curve",
    "Difference",
    "Estimate",
    "Figure",
    "FigureDifference",
    "Group",
    "NamedRun",
    "as_csv",
    "as_markdown",
    "as_png",
    "compare",
    "compare_runs",
    "find_runs",
]


def compare(
    runs: Sequence[str | Path],
    folder: Path | None = None,
    group_by: str | None = None,
    axis: Axis = "episodes",
) -> Comparison:
    """Compare runs given by their directories, or by name or run id in the directory of runs `folder`.

    Without `runs`, all runs in `folder` are compared. The other arguments and errors are those of
    `compare_runs`.

    Raises:
        QueryError: no such run, or as `compare_runs`.
    """
    return compare_runs(find_runs([str(run) for run in runs], folder), group_by, axis)
