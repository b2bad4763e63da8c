"""The arithmetic of intervals: resamples of the bootstrap and what is computed from them, and t intervals."""

import math
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from projections.compare.student import t_quantile

__all__ = [
    "CONFIDENCE",
    "RESAMPLES",
    "Floats",
    "iqm_of_counts",
    "percentile_bounds",
    "probabilities_greater",
    "resampled_counts",
    "t_bounds",
    "welch_bounds",
]

CONFIDENCE = 0.95
RESAMPLES = 2_000
SEED = 20_211_206
"""Of the bootstrap's own generator: the same values give the same interval, whatever else is computed."""

Floats: TypeAlias = npt.NDArray[np.float64]


@cache
def resampled_counts(n: int, stream: int = 0) -> Floats:
    """How often each of `n` runs is drawn in each resample, `[RESAMPLES, n]`; the same at every call."""
    generator = np.random.default_rng([SEED, n, stream])
    return generator.multinomial(n, np.full(n, 1.0 / n), size=RESAMPLES).astype(np.float64)


def iqm_of_counts(counts: Floats, values: Floats) -> Floats:
    """The IQM of every resample, `[RESAMPLES]`; `values` sorted, `counts[b, i]` times value i.

    In sorted order value i takes the ranks from the count of the values before it on; what of these ranks
    lies between the dropped ends counts.
    """
    n = values.size
    dropped = n // 4
    ends = np.cumsum(counts, axis=1)
    kept = np.clip(ends, dropped, n - dropped) - np.clip(ends - counts, dropped, n - dropped)
    result: Floats = kept @ values / (n - 2 * dropped)
    return result


def probabilities_greater(
    counts_first: Floats, first: Floats, counts_second: Floats, second: Floats
) -> Floats:
    """P(X > Y) of every pair of resamples, `[RESAMPLES]`."""
    score = (first[:, None] > second[None, :]) + 0.5 * (first[:, None] == second[None, :])
    total = ((counts_first @ score) * counts_second).sum(1)
    result: Floats = total / (first.size * second.size)
    return result


def percentile_bounds(statistics: Floats) -> tuple[float, float]:
    """The percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13) of resampled statistics."""
    low, high = np.quantile(statistics, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def t_bounds(values: Floats) -> tuple[float, float]:
    """The t interval of the mean of two or more values (Student, Biometrika 6, 1908)."""
    half = t_quantile(CONFIDENCE, values.size - 1) * float(values.std(ddof=1)) / math.sqrt(values.size)
    mean = float(values.mean())
    return mean - half, mean + half


def welch_bounds(first: Floats, second: Floats) -> tuple[float, float]:
    """Welch's interval (Welch, Biometrika 34, 1947); of two constant groups it has no width."""
    difference = float(first.mean() - second.mean())
    parts = [float(values.var(ddof=1)) / values.size for values in (first, second)]
    variance = sum(parts)
    if variance == 0.0:
        return difference, difference
    # shares of the variance, since the square of a very small variance is 0
    degrees = 1.0 / sum(
        (part / variance) ** 2 / (values.size - 1)
        for part, values in zip(parts, (first, second), strict=True)
    )
    half = t_quantile(CONFIDENCE, max(1.0, degrees)) * math.sqrt(variance)
    return difference - half, difference + half
