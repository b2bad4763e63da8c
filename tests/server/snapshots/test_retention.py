"""Files are thinned out with age, within a budget, and what was deleted is never missed later."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.snapshots.retention import DAY_SECONDS, HOUR_SECONDS, kept_windows, times_to_delete

NOW = 1_790_000_000.0
MANY = 10**6


def test_the_last_day_stays_whole_and_before_it_one_an_hour() -> None:
    every_five_minutes = [NOW - 300.0 * k for k in range(3 * 288)]
    gone = times_to_delete(every_five_minutes, NOW, DAY_SECONDS, HOUR_SECONDS, MANY)
    left = [at for at in every_five_minutes if at not in gone]
    assert sum(NOW - at <= DAY_SECONDS for at in left) == 289
    old_hours = [int(at // HOUR_SECONDS) for at in left if NOW - at > DAY_SECONDS]
    assert len(old_hours) == len(set(old_hours))
    assert len(old_hours) in (48, 49)


@given(st.lists(st.floats(0, 5 * DAY_SECONDS), unique=True, max_size=200), st.floats(0, DAY_SECONDS))
def test_deleting_in_two_steps_is_deleting_at_once(ages: list[float], later: float) -> None:
    made_at = [NOW - age for age in ages]
    first = times_to_delete(made_at, NOW, DAY_SECONDS, HOUR_SECONDS, MANY)
    kept = [at for at in made_at if at not in first]
    assert times_to_delete(kept, NOW, DAY_SECONDS, HOUR_SECONDS, MANY) == set()
    second = times_to_delete(kept, NOW + later, DAY_SECONDS, HOUR_SECONDS, MANY)
    assert first | second == times_to_delete(made_at, NOW + later, DAY_SECONDS, HOUR_SECONDS, MANY)


def test_over_the_budget_old_files_are_kept_more_sparsely_from_the_first_to_the_last() -> None:
    a_year_of_hours = [NOW - HOUR_SECONDS * k for k in range(24 * 365)]
    gone = times_to_delete(a_year_of_hours, NOW, DAY_SECONDS, HOUR_SECONDS, 200)
    left = sorted(at for at in a_year_of_hours if at not in gone)
    assert 100 < len(left) <= 200
    assert left[0] < NOW - 363 * DAY_SECONDS
    assert [at for at in left if NOW - at <= DAY_SECONDS] == sorted(a_year_of_hours[:25])
    gaps = {round(later - earlier) for earlier, later in pairwise(left[1:-26])}
    assert len(gaps) == 1, "evenly spread"


@given(st.integers(0, 3000), st.integers(1, 60), st.integers(1, 50))
def test_windows_stay_within_the_budget_and_none_is_missed_that_was_let_go(
    finished: int, limit: int, more: int
) -> None:
    kept = kept_windows(finished, limit)
    assert len(kept) <= limit
    assert kept == sorted(set(kept))
    assert not kept or (kept[-1] == finished and kept[0] >= 1)
    # whatever is wanted later is new, or was wanted before
    assert {window for window in kept_windows(finished + more, limit) if window <= finished} <= set(kept)


def test_within_the_budget_every_window_has_its_gif() -> None:
    assert kept_windows(200, 500) == list(range(1, 201))
    assert kept_windows(9, 4) == [1, 5, 9]
