"""Compare runs: read them, group them, and compute curves, figures and differences with their intervals."""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from projections.compare.branches import shared_histories
from projections.compare.grouping import (
    LAYOUT,
    NAME,
    Members,
    families,
    group_runs,
    same_pairs,
)
from projections.compare.intervals import Floats
from projections.compare.notes import notes_on
from projections.compare.result import (
    ComparedRun,
    Comparison,
    ConfigDifference,
    FigureDifference,
    Group,
)
from projections.compare.runs import (
    CURVES,
    FIGURES,
    USES,
    Axis,
    Figure,
    NamedRun,
    RunData,
    curves_of,
    grid,
    read_run_data,
)
from projections.compare.statistics import (
    Difference,
    band,
    compare_groups,
    compare_pairs,
    estimate,
)
from projections.engine.route import QueryError

__all__ = ["COLOURS", "FEW_RUNS", "compare_runs"]

COLOURS = 10
"""Colours of runs that a picture has."""
FEW_RUNS = 8
"""Up to so many runs each is drawn as a line of full strength."""


def compare_runs(
    named: Sequence[NamedRun], group_by: str | None = None, axis: Axis = "episodes"
) -> Comparison:
    """Compare two or more runs.

    `group_by` is a key of the configuration, or "layout"; without it the runs whose configurations differ in
    nothing but the seed are a group. Curves are over `axis`.

    Raises:
        QueryError: fewer than two runs, a run without a read model, two copies of one run, or a key that no
            run has.
    """
    if len(named) < 2:
        raise QueryError("a comparison needs two runs or more; name another one")
    runs = [read_run_data(one) for one in named]
    _refuse_copies(runs)
    groups = group_runs(runs, group_by)
    family = families(runs)
    points = grid(max(data.episodes if axis == "episodes" else data.agent_steps for data in runs))
    curves = {data.run.run_id: curves_of(data, axis, points) for data in runs}
    figures = _figures(runs)
    few = len(runs) <= FEW_RUNS
    colours = _colours(sorted(curves))
    return Comparison(
        axis=axis,
        group_by=group_by,
        keys=_keys(runs),
        grid=points.tolist(),
        reach=np.isfinite([curves[data.run.run_id][0] for data in runs]).sum(0).tolist(),
        few_runs=few,
        runs=_compared(runs, groups, curves, colours, axis, points),
        groups=[
            _group(members, colour, curves, figures)
            for members, colour in zip(groups, _group_colours(groups, colours, few), strict=True)
        ],
        curves=list(CURVES),
        figures=figures,
        differences=_differences(groups, family, figures),
        configuration=_configuration(runs),
        notes=notes_on(runs, groups, family),
    )


def _refuse_copies(runs: Sequence[RunData]) -> None:
    seen: dict[str, str] = {}
    for data in runs:
        run_id = data.run.run_id
        if run_id in seen:
            raise QueryError(
                f"{seen[run_id]} and {data.name} are the same run ({run_id}), perhaps a copied directory;"
                " name one of them"
            )
        seen[run_id] = data.name


def _keys(runs: Sequence[RunData]) -> list[str]:
    """What runs can be grouped by: the keys that differ, the layout, and the name."""
    return sorted({difference.key for difference in _configuration(runs)} | {LAYOUT, NAME})


def _figures(runs: Sequence[RunData]) -> list[Figure]:
    """The figures that at least one of the runs has."""
    names = dict.fromkeys(name for data in runs for name in data.run.affordances)
    uses = [
        Figure(
            key=f"{USES}{name}",
            label=f"Uses of {name}",
            topic="Visits of affordances",
            unit="per episode",
            about="mean of the last 100 episodes; absent in a run with fewer",
        )
        for name in names
    ]
    return [
        figure
        for figure in (*FIGURES, *uses)
        if any(data.figures.get(figure.key) is not None for data in runs)
    ]


def _compared(
    runs: Sequence[RunData],
    groups: Sequence[Members],
    curves: dict[str, Floats],
    colours: dict[str, int],
    axis: Axis,
    points: npt.NDArray[np.int64],
) -> list[ComparedRun]:
    group_of = {data.run.run_id: index for index, members in enumerate(groups) for data in members.runs}
    shared = shared_histories(runs, axis)
    shared_points = {run_id: int((points <= history.until).sum()) for run_id, history in shared.items()}
    return [
        ComparedRun(
            run_id=data.run.run_id,
            name=data.name,
            seed=data.run.seed,
            colour=colours[data.run.run_id],
            episodes=data.episodes,
            planned_episodes=data.run.num_episodes,
            agent_steps=data.agent_steps,
            group=group_of[data.run.run_id],
            parent_run_id=data.run.parent.run_id if data.run.parent is not None else None,
            split_at=data.split_at(axis),
            drawn_with=shared[data.run.run_id].run_id if data.run.run_id in shared else None,
            drawn_from=max(0, shared_points.get(data.run.run_id, 0) - 1),
            figures=data.figures,
            curves={
                curve.key: _column(row)
                for curve, row in zip(CURVES, curves[data.run.run_id], strict=True)
                if np.isfinite(row).any()
            },
        )
        for data in runs
    ]


def _colours(run_ids: Sequence[str]) -> dict[str, int]:
    """Run id → index of a colour: that of its hash, or the next free one while there are free ones."""
    taken: dict[str, int] = {}
    for run_id in run_ids:
        colour = zlib.crc32(run_id.encode()) % COLOURS
        while colour in taken.values() and len(taken) < COLOURS:
            colour = (colour + 1) % COLOURS
        taken[run_id] = colour
    return taken


def _group_colours(groups: Sequence[Members], colours: dict[str, int], few: bool) -> list[int]:
    """A colour for each group; where single runs are drawn in their own colours the groups get the others."""
    free = [colour for colour in range(COLOURS) if not few or colour not in colours.values()]
    result: list[int] = []
    for index, members in enumerate(groups):
        if few and len(members.runs) == 1:
            result.append(colours[members.runs[0].run.run_id])
        else:
            result.append(free.pop(0) if free else index % COLOURS)
    return result


def _column(row: Floats) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in row]


def _group(members: Members, colour: int, curves: dict[str, Floats], figures: Sequence[Figure]) -> Group:
    # in the order of the run ids: a sum of the same numbers in another order may differ in its last bit
    runs = sorted(members.runs, key=lambda data: data.run.run_id)
    stacked = np.stack([curves[data.run.run_id] for data in runs])
    return Group(
        label=members.label,
        colour=colour,
        run_ids=[data.run.run_id for data in members.runs],
        one_history=members.one_history,
        figures={figure.key: estimate(_values(runs, figure.key)) for figure in figures},
        bands={
            curve.key: band(stacked[:, index])
            for index, curve in enumerate(CURVES)
            if np.isfinite(stacked[:, index]).any()
        },
    )


def _values(runs: Sequence[RunData], figure: str) -> Floats:
    found = (data.figures.get(figure) for data in runs)
    return np.array([value for value in found if value is not None], np.float64)


def _differences(
    groups: Sequence[Members], family: dict[str, str], figures: Sequence[Figure]
) -> list[FigureDifference]:
    return [
        FigureDifference(
            group=index,
            reference=0,
            figure=figure.key,
            difference=_difference(members, groups[0], family, figure.key),
        )
        for index, members in enumerate(groups[1:], start=1)
        for figure in figures
    ]


def _difference(first: Members, second: Members, family: dict[str, str], figure: str) -> Difference:
    pairs, shared = same_pairs(first, second, family)
    if pairs:
        both = [
            (one.figures[figure], other.figures[figure])
            for one, other in pairs
            if one.figures.get(figure) is not None and other.figures.get(figure) is not None
        ]
        values = np.array(both, np.float64).reshape(-1, 2)
        return compare_pairs(values[:, 0], values[:, 1])
    alike = first.one_history == second.one_history
    return compare_groups(
        _values(first.runs, figure), _values(second.runs, figure), verdict=alike and not shared
    )


def _configuration(runs: Sequence[RunData]) -> list[ConfigDifference]:
    """The keys that differ, in alphabetical order, and the layout if it does."""
    columns = {data.run.run_id: data.config | {LAYOUT: data.layout} for data in runs}
    keys = sorted({key for config in columns.values() for key in config})
    result = []
    for key in keys:
        values = {run_id: config[key] for run_id, config in columns.items() if key in config}
        if len(values) < len(runs) or any(value != next(iter(values.values())) for value in values.values()):
            result.append(ConfigDifference(key=key, values=values))
    return result
