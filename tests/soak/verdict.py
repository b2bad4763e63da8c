"""Does anything grow that should not? Trends with confidence intervals over a soak's samples, and a verdict.

How samples are taken is in `tests.soak.sampling`; how a verdict is told in `tests.soak.table`.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

WARM_UP_SHARE = 1 / 3
"""Left out at the beginning, while the replay buffer, caches and allocators' arenas come to their size."""
LEAST_JUDGED_HOURS = 4 / 60
"""A shorter stretch says nothing of an hour."""
WINDOWS = 60
RESAMPLES = 1_000
BLOCKS = 6
"""Blocks the residuals are cut into: neighbouring windows are alike, so they are resampled together."""

Floats = npt.NDArray[np.float64]


class Rule(msgspec.Struct, frozen=True):
    """When growth is a leak.

    The whole confidence interval of the slope lies above `share_per_hour` of the level, and the growth over
    the judged stretch is at least `floor`, in the measure's own unit.
    """

    unit: str
    share_per_hour: float
    floor: float


RULES = {
    "rss": Rule("MiB", 0.05, 4.0),
    "own": Rule("MiB", 0.05, 4.0),
    "handles": Rule("", 0.0, 1.0),
    "threads": Rule("", 0.0, 3.0),
    "processes": Rule("", 0.0, 1.0),
    "connections": Rule("", 0.0, 3.0),
    "wal": Rule("MiB", 0.05, 16.0),
    "heap": Rule("MiB", 0.05, 4.0),
    "nodes": Rule("", 0.05, 200.0),
    "listeners": Rule("", 0.05, 20.0),
    "busy": Rule("%", 0.05, 10.0),
    "p50": Rule("ms", 0.05, 250.0),
    "p99": Rule("ms", 0.05, 500.0),
}
"""By the last part of a measure's name. Connections, and the threads of a pool, come and go by chance."""


class Trend(msgspec.Struct, frozen=True):
    """Of one measure over the judged stretch: medians of its first and last tenth, the largest value, and the
    slope per hour with its 95 % confidence interval."""

    first: float
    last: float
    largest: float
    slope: float
    low: float
    high: float


class Judged(msgspec.Struct, frozen=True):
    """A measure and what was found: `leak` only by the measure's rule, and never where too short to judge."""

    measure: str
    rule: Rule
    trend: Trend
    leak: bool


def judge(samples: dict[str, list[float]]) -> tuple[list[Judged], float]:
    """Every measure that has a rule, and the length of the judged stretch in hours.

    `samples` maps a measure ("server.rss") to its values, NaN where there was none, "seconds" to their times.
    """
    hours = np.asarray(samples["seconds"]) / 3600.0
    kept = hours >= hours[0] + WARM_UP_SHARE * (hours[-1] - hours[0])
    stretch = float(hours[kept][-1] - hours[kept][0])
    judged = []
    for measure, column in samples.items():
        rule = RULES.get(measure.rpartition(".")[2])
        values = np.asarray(column, np.float64)
        known = kept & ~np.isnan(values)
        if rule is None or known.sum() < 3:
            continue
        found = trend(hours[known], values[known])
        judged.append(Judged(measure, rule, found, is_leak(rule, found, stretch)))
    return judged, stretch


def is_leak(rule: Rule, found: Trend, hours: float) -> bool:
    """Whether a trend over a stretch of `hours` breaks its rule."""
    if hours < LEAST_JUDGED_HOURS:
        return False
    level = (found.first + found.last) / 2
    return found.low > rule.share_per_hour * level and found.slope * hours >= rule.floor


def trend(hours: Floats, values: Floats, seed: int = 0) -> Trend:
    """Theil-Sen slope (Sen 1968) over at most 60 window medians; its interval by a block bootstrap.

    The median of the slopes of all pairs: one allocation of many MiB, or one stall, does not make a trend.
    Moving blocks (Künsch 1989) keep neighbours together; they understate the uncertainty of a random walk,
    which is why a rule also asks for a growth that matters. `hours` rising, `values` of the same length.
    """
    times, medians = _window_medians(hours, values)
    count = len(times)
    early, late = np.triu_indices(count, 1)
    spans = times[late] - times[early]

    def slopes(rows: Floats) -> Floats:
        return np.asarray(np.median((rows[:, late] - rows[:, early]) / spans, axis=1))

    slope = float(slopes(medians[None])[0])
    fitted = np.median(medians - slope * times) + slope * times
    residuals = medians - fitted
    length = math.ceil(count / BLOCKS)
    random = np.random.default_rng(seed)
    starts = random.integers(0, count, (RESAMPLES, BLOCKS))
    picked = (starts[:, :, None] + np.arange(length)).reshape(RESAMPLES, -1)[:, :count] % count
    low, high = np.quantile(slopes(fitted + residuals[picked]), (0.025, 0.975))
    tenth = max(1, count // 10)
    return Trend(
        first=float(np.median(medians[:tenth])),
        last=float(np.median(medians[-tenth:])),
        largest=float(values.max()),
        slope=slope,
        low=float(low),
        high=float(high),
    )


def _window_medians(hours: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Median time and value of up to `WINDOWS` stretches with equally many samples."""
    parts = np.array_split(np.arange(len(hours)), min(WINDOWS, len(hours)))
    times = np.array([np.median(hours[part]) for part in parts])
    return times, np.array([np.median(values[part]) for part in parts])


def leaks(judged: Sequence[Judged]) -> list[str]:
    """The names of the measures that leak."""
    return [one.measure for one in judged if one.leak]
