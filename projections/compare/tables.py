"""A comparison as text: Markdown for people, CSV for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from projections.compare.result import Comparison, FigureDifference
from projections.compare.runs import Figure

__all__ = ["as_csv", "as_markdown"]

METHODS = {"none": "", "t": "t", "bootstrap": "bootstrap"}


def as_markdown(comparison: Comparison) -> str:
    """Runs, figures with 95 % intervals and n, differences, differing keys, and the notes."""
    parts = [
        "## Runs",
        _table(
            ("run", "run id", "seed", "episodes", "agent-steps", "group", "branch of"),
            (
                (
                    run.name,
                    run.run_id,
                    run.seed,
                    f"{run.episodes:,}",
                    f"{run.agent_steps:,}",
                    comparison.groups[run.group].label,
                    _branch(comparison, run.parent_run_id, run.split_at),
                )
                for run in comparison.runs
            ),
        ),
        "## Figures",
        _table(
            ("figure", "group", "n", "mean", "95 % interval", "IQM", "95 % interval", "range", "method"),
            (
                (
                    _title(figure),
                    group.label,
                    found.n,
                    _number(found.mean),
                    _interval(found.low, found.high),
                    _number(found.iqm),
                    _interval(found.iqm_low, found.iqm_high),
                    _interval(found.smallest, found.largest),
                    METHODS[found.method],
                )
                for figure in comparison.figures
                for group in comparison.groups
                for found in (group.figures[figure.key],)
            ),
        ),
    ]
    if comparison.differences:
        parts += ["## Differences", _differences(comparison)]
    if comparison.configuration:
        parts += [
            "## Configuration",
            _table(
                ("key", *(run.name for run in comparison.runs)),
                (
                    (
                        difference.key,
                        *(
                            _value(difference.values[run.run_id]) if run.run_id in difference.values else "–"
                            for run in comparison.runs
                        ),
                    )
                    for difference in comparison.configuration
                ),
            ),
        ]
    if comparison.notes:
        parts += ["## Notes", "\n".join(f"- {note}" for note in comparison.notes)]
    return "\n\n".join(parts) + "\n"


def as_csv(comparison: Comparison) -> str:
    """Every number in one long table: kind, run or group, key, point of the grid, and the values.

    The kinds are "curve" (a run's value), "band" (a group's), "figure" (a run's), "estimate" (a group's) and
    "difference" (a group against the first one). A missing value is empty.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    bounds = ("low", "high", "iqm", "iqm_low", "iqm_high")
    writer.writerow(("kind", "of", "key", comparison.axis, "n", "value", *bounds, "verdict"))
    nothing = [""] * len(bounds)
    for run in comparison.runs:
        for key, values in run.curves.items():
            for at, value in zip(comparison.grid, values, strict=True):
                if value is not None:
                    writer.writerow(("curve", run.name, key, at, 1, value, *nothing, ""))
        for key, value in run.figures.items():
            writer.writerow(("figure", run.name, key, "", 1, value, *nothing, ""))
    for group in comparison.groups:
        for key, band in group.bands.items():
            columns = (getattr(band, name) for name in ("n", "mean", *bounds))
            for at, *cells in zip(comparison.grid, *columns, strict=True):
                writer.writerow(("band", group.label, key, at, *cells, ""))
        for key, found in group.figures.items():
            cells = [getattr(found, name) for name in ("n", "mean", *bounds)]
            writer.writerow(("estimate", group.label, key, "", *cells, ""))
    for item in comparison.differences:
        pair = item.difference
        n = f"{pair.n_first} and {pair.n_second}"
        cells = [n, pair.difference, pair.low, pair.high, pair.iqm_difference, pair.iqm_low, pair.iqm_high]
        writer.writerow(("difference", _against(comparison, item), item.figure, "", *cells, pair.verdict))
    return out.getvalue()


def _differences(comparison: Comparison) -> str:
    titles = {figure.key: _title(figure) for figure in comparison.figures}
    return _table(
        ("figure", "groups", "n", "difference", "95 % interval", "P(X > Y)", "method", "verdict"),
        (
            (
                titles[item.figure],
                _against(comparison, item),
                f"{item.difference.n_first} pairs"
                if item.difference.paired
                else f"{item.difference.n_first} and {item.difference.n_second}",
                _number(item.difference.difference, sign=True),
                _interval(item.difference.low, item.difference.high, sign=True),
                _number(item.difference.probability)
                + (
                    f" ({_interval(item.difference.probability_low, item.difference.probability_high)})"
                    if item.difference.probability_low is not None
                    else ""
                ),
                METHODS[item.difference.method],
                item.difference.verdict,
            )
            for item in comparison.differences
        ),
    )


def _against(comparison: Comparison, item: FigureDifference) -> str:
    return f"{comparison.groups[item.group].label} − {comparison.groups[item.reference].label}"


def _branch(comparison: Comparison, parent_run_id: str | None, split_at: float | None) -> str:
    if parent_run_id is None:
        return ""
    names = {run.run_id: run.name for run in comparison.runs}
    unit = "episode" if comparison.axis == "episodes" else "agent-step"
    return f"{names.get(parent_run_id, parent_run_id)} from {unit} {split_at or 0:,.0f}"


def _title(figure: Figure) -> str:
    return f"{figure.label}, {figure.unit}" if figure.unit else figure.label


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in line) + " |"
        for line in lines
    )


def _value(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _number(value: float | None, sign: bool = False) -> str:
    """Three significant digits or more, as many as the whole part has."""
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:{'+' if sign else ''},.{digits}f}"


def _interval(low: float | None, high: float | None, sign: bool = False) -> str:
    if low is None or high is None:
        return "–"
    return f"{_number(low, sign)} to {_number(high, sign)}"
