"""Statistics of a comparison: known values, what must not change them, how often an interval is right."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.compare.intervals import Floats
from projections.compare.statistics import (
    ENOUGH,
    band,
    compare_groups,
    compare_pairs,
    estimate,
    iqm,
    probability_greater,
)
from projections.compare.student import t_quantile

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=24).map(lambda found: np.array(found))


def test_quantiles_of_t_are_those_of_the_tables() -> None:
    # Student's table, two-sided 95 % and 99 %
    table = ((1, 12.7062), (2, 4.30265), (3, 3.18245), (4, 2.77645), (9, 2.26216), (120, 1.97993))
    for degrees, expected in table:
        assert t_quantile(0.95, degrees) == pytest.approx(expected, rel=1e-5)
    assert t_quantile(0.99, 5) == pytest.approx(4.03214, rel=1e-5)
    assert t_quantile(0.95, 1) == pytest.approx(math.tan(math.pi * 0.95 / 2), rel=1e-9)
    # for ν = 2, t = p·√(2 / (1 − p²)); between whole numbers the quantile lies between their quantiles
    assert t_quantile(0.9, 2) == pytest.approx(0.9 * math.sqrt(2 / (1 - 0.9**2)), rel=1e-9)
    assert t_quantile(0.95, 3) < t_quantile(0.95, 2.5) < t_quantile(0.95, 2)


def test_the_iqm_drops_a_quarter_at_either_end() -> None:
    assert iqm(np.array([1000.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -1000.0])) == pytest.approx(3.5)
    assert iqm(np.array([0.0, 1.0, 2.0, 3.0, 100.0])) == pytest.approx(2.0)


def test_the_iqm_of_fewer_than_four_values_is_the_mean() -> None:
    assert iqm(np.array([1.0, 2.0, 9.0])) == pytest.approx(4.0)


def test_a_t_interval_of_three_values() -> None:
    found = estimate(np.array([1.0, 2.0, 3.0]))
    assert (found.n, found.method) == (3, "t")
    half = 4.30265 / math.sqrt(3)
    assert (found.low, found.high) == (pytest.approx(2 - half, rel=1e-5), pytest.approx(2 + half, rel=1e-5))
    assert found.iqm_low is None


def test_one_value_has_no_interval_and_no_value_no_mean() -> None:
    one = estimate(np.array([4.0]))
    assert (one.n, one.mean, one.low, one.method) == (1, 4.0, None, "none")
    none = estimate(np.array([]))
    assert (none.n, none.mean, none.smallest) == (0, None, None)


def test_the_probability_of_a_larger_value_counts_ties_half() -> None:
    assert probability_greater(np.array([1.0, 2.0]), np.array([2.0, 3.0])) == pytest.approx(0.125)
    assert probability_greater(np.array([5.0]), np.array([1.0, 2.0])) == 1.0


def test_below_five_seeds_there_is_no_verdict_however_far_apart() -> None:
    few = compare_groups(np.arange(4.0) + 1000, np.arange(8.0))
    assert (few.verdict, few.method) == ("too few seeds", "t")
    assert few.low is not None
    assert few.low > 0.0
    enough = compare_groups(np.arange(5.0) + 1000, np.arange(8.0))
    assert (enough.verdict, enough.method) == ("higher", "bootstrap")
    assert compare_groups(np.arange(8.0), np.arange(5.0) + 1000).verdict == "lower"


def test_welch_as_in_a_worked_example() -> None:
    # variances 1 and 9 of 3 and 4 values: se² = 1/3 + 9/4, ν = se⁴ / ((1/3)²/2 + (9/4)²/3)
    first = np.array([-1.0, 0.0, 1.0])
    second = np.array([-3.0, -3.0, 3.0, 3.0]) * math.sqrt(3) / 2
    squared = 1 / 3 + 9 / 4
    degrees = squared**2 / ((1 / 3) ** 2 / 2 + (9 / 4) ** 2 / 3)
    found = compare_groups(first, second)
    assert found.high == pytest.approx(t_quantile(0.95, degrees) * math.sqrt(squared), rel=1e-9)


def test_differences_too_small_to_be_squared_have_an_interval() -> None:
    tiny = compare_groups(np.array([0.0, 0.0]), np.array([0.0, 6.4684182e-149]))
    assert tiny.low is not None
    assert tiny.high is not None
    assert tiny.low < 0.0 < tiny.high


def test_pairs_remove_what_the_histories_share() -> None:
    history = np.array([0.0, 100.0, 200.0, 300.0, 400.0, 500.0])
    better = history + np.array([9.0, 10.0, 11.0, 10.0, 9.0, 11.0])
    assert compare_pairs(better, history).verdict == "higher"
    assert compare_groups(better, history).verdict == "no clear difference"


@given(values)
def test_an_interval_encloses_its_mean_and_lies_within_the_values(found: Floats) -> None:
    result = estimate(found)
    assert result.n == found.size
    if result.low is None or result.high is None or result.mean is None:
        assert found.size < 2
        return
    slack = 1e-9 * (1.0 + float(np.abs(found).max()))
    assert result.low - slack <= result.mean <= result.high + slack
    if result.method == "bootstrap":
        assert found.min() - slack <= result.low <= result.high <= found.max() + slack


@given(values, st.randoms(use_true_random=False))
def test_the_order_of_the_runs_changes_nothing(found: Floats, random: object) -> None:
    mixed = np.array(sorted(found.tolist(), key=lambda _: random.random()))  # type: ignore[attr-defined]
    assert estimate(mixed) == estimate(found)


@given(values, st.integers(1, 5))
def test_neighbouring_points_change_nothing(found: Floats, others: int) -> None:
    curves = np.random.default_rng(others).normal(size=(found.size, others + 1))
    curves[:, 0] = found
    alone, together = band(curves[:, :1]), band(curves)
    assert (alone.mean[0], alone.low[0], alone.iqm_high[0]) == (
        together.mean[0],
        together.low[0],
        together.iqm_high[0],
    )


@given(values, values)
def test_a_difference_turns_its_sign_with_the_groups(first: Floats, second: Floats) -> None:
    one, other = compare_groups(first, second), compare_groups(second, first)
    assert one.difference == pytest.approx(-(other.difference or 0.0), rel=1e-9, abs=1e-6)
    assert (one.probability or 0.0) + (other.probability or 0.0) == pytest.approx(1.0)


def test_a_point_counts_only_the_runs_that_reach_it() -> None:
    curves = np.array([[1.0, 1.0], [3.0, np.nan], [5.0, np.nan]])
    found = band(curves)
    assert found.n == [3, 1]
    assert found.mean == [3.0, 1.0]
    assert found.low[1] is None
    assert band(np.full((2, 1), np.nan)).mean == [None]


@pytest.mark.thorough
@pytest.mark.parametrize(("n", "least", "most"), [(3, 0.93, 0.97), (ENOUGH, 0.78, 0.92), (20, 0.91, 0.96)])
def test_how_often_the_interval_holds_the_true_mean(n: int, least: float, most: float) -> None:
    """Normal values, 2,000 times: t at n = 3 is right, the bootstrap is narrow and gets better with n."""
    samples = np.random.default_rng(n).normal(size=(n, 2_000))
    found = band(samples)
    low, high = np.array(found.low, float), np.array(found.high, float)
    held = ((low <= 0.0) & (high >= 0.0)).tolist()
    assert least <= sum(held) / len(held) <= most


@pytest.mark.thorough
def test_how_often_a_verdict_is_wrong_when_there_is_no_difference() -> None:
    """Ten seeds in each group from one distribution: about one verdict in twenty, a little more."""
    generator = np.random.default_rng(10)
    verdicts = [
        compare_groups(generator.normal(size=10), generator.normal(size=10)).verdict for _ in range(1_000)
    ]
    wrong = sum(verdict in ("higher", "lower") for verdict in verdicts) / len(verdicts)
    assert 0.03 <= wrong <= 0.11
