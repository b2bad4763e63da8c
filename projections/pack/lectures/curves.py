"""The curves of a run that students draw before they see them."""

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec
import numpy as np

from core.definitions import WINDOW
from projections.pack.story.pictures import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Curve, chart_picture
from projections.readmodels.curriculum import read_stage_bands
from projections.readmodels.series import read_series

POINTS = 300
BINS = 40
"""Stretches of the run over which the share of a habit is counted."""
BEFORE, AFTER = 3, 12
"""Windows before and after the move that are shown of it."""


class Predicted(msgspec.Struct, frozen=True, kw_only=True):
    """A curve to be drawn: its axes, and the true points [episode, value].

    `high` is the value at the top of the chart, `first` and `last` are the episodes at its sides.
    """

    name: str
    title: str
    unit: str
    first: int
    last: int
    high: float
    points: Sequence[tuple[float, float]]
    more: Sequence[Curve] = ()
    moves: Sequence[int] = ()
    starts: Sequence[int] = ()

    def axes(self) -> str:
        """The empty chart, to be drawn into."""
        return self._picture([], (), ())

    def picture(self) -> str:
        """The chart as it was."""
        return self._picture([Curve(self.name, self.points), *self.more], self.moves, self.starts)

    def data(self) -> str:
        """What the page's script needs, as JSON."""
        frame = {"left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM}
        told = {name: getattr(self, name) for name in ("name", "unit", "first", "last", "high")}
        points = [[round(x, 1), round(y, 4)] for x, y in self.points]
        return msgspec.json.encode({**told, "frame": frame, "points": points}).decode()

    def _picture(self, curves: Sequence[Curve], moves: Sequence[int], starts: Sequence[int]) -> str:
        return chart_picture(
            self.title, self.unit, curves, self.last, moves, starts, first=self.first, high=self.high
        )


def survival_curve(connection: apsw.Connection, newest: int, limit: int, moved: int | None) -> Predicted:
    """Survival over the whole run, means of about a window."""
    points = _points(connection, "survival_time", newest)
    return Predicted(
        name="survival",
        title=f"Survival, mean of about {WINDOW} episodes",
        unit="steps",
        first=1,
        last=newest,
        high=float(limit),
        points=_smooth(points, newest),
        moves=[moved] if moved is not None else [],
        starts=[band.first for band in read_stage_bands(connection)][1:],
    )


def exploration_curve(connection: apsw.Connection, newest: int, *, is_curious: bool) -> Predicted | None:
    """The weight of curiosity, and epsilon beside it; epsilon alone without curiosity; None without both."""
    names = {"intrinsic_weight": "weight of curiosity", "epsilon": "probability of a random action"}
    metrics = list(names) if is_curious else ["epsilon"]
    curves = [Curve(names[metric], _points(connection, metric, newest)) for metric in metrics]
    curves = [curve for curve in curves if curve.points]
    if not curves:
        return None
    high = max(value for curve in curves for _, value in curve.points)
    return Predicted(
        name=curves[0].name,
        title="How much the agents explore",
        unit="",
        first=1,
        last=newest,
        high=max(1.0, high),
        points=curves[0].points,
        more=curves[1:],
    )


def move_curve(connection: apsw.Connection, newest: int, limit: int, moved: int) -> Predicted | None:
    """Survival around the move; None where too little came after it."""
    first, last = max(1, moved - BEFORE * WINDOW), min(newest, moved + AFTER * WINDOW)
    if last - moved < WINDOW:
        return None
    rows: list[Any] = connection.execute(
        "SELECT survival_time FROM episodes WHERE episode_id BETWEEN ? AND ? ORDER BY episode_id",
        (first, last),
    ).fetchall()
    survival = np.array([row[0] for row in rows], np.float64)
    width = max(1, WINDOW // 4)
    means = np.convolve(survival, np.full(width, 1.0 / width), "valid")
    step = max(1, len(means) // POINTS)
    return Predicted(
        name="survival around the move",
        title=f"Survival around the move, mean of {width} episodes",
        unit="steps",
        first=first,
        last=last,
        high=float(limit),
        points=[(float(first + width - 1 + i), float(means[i])) for i in range(0, len(means), step)],
        moves=[moved],
    )


def habit_curve(connection: apsw.Connection, newest: int, pair: tuple[str, str]) -> Predicted | None:
    """The share of one pair among all uses that followed another; None where hardly anything was used."""
    size = max(1, -(-newest // BINS))
    rows: list[Any] = connection.execute(
        "SELECT (episode_id - 1) / ?1, sum(visit_count),"
        " coalesce(sum(visit_count) FILTER (WHERE from_affordance = ?2 AND to_affordance = ?3), 0)"
        " FROM affordance_visits GROUP BY 1 ORDER BY 1",
        (size, *pair),
    ).fetchall()
    points = [((at + 0.5) * size, of_pair / total) for at, total, of_pair in rows if total]
    if len(points) < 2:
        return None
    return Predicted(
        name=f"share of {pair[0]}, then {pair[1]}",
        title=f"{pair[0]}, then {pair[1]}: share of all uses that followed another use",
        unit="of all uses",
        first=1,
        last=newest,
        high=max(share for _, share in points) * 1.25 or 1.0,
        points=points,
    )


def _points(connection: apsw.Connection, metric: str, newest: int) -> list[tuple[float, float]]:
    series = read_series(connection, metric, points=POINTS)
    middles = [(first + last) / 2 for first, last in zip(series.first, series.last, strict=True)]
    return [(min(float(newest), x), y) for x, y in zip(middles, series.mean, strict=True) if y is not None]


def _smooth(points: Sequence[tuple[float, float]], newest: int) -> list[tuple[float, float]]:
    width = max(1, round(WINDOW * len(points) / max(1, newest)))
    values = [y for _, y in points]
    return [
        (x, sum(values[max(0, i - width + 1) : i + 1]) / min(i + 1, width)) for i, (x, _) in enumerate(points)
    ]
