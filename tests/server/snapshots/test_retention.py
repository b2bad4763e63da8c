"""Screenshots are thinned out with age, and stay as they were once thinned."""

from hypothesis import given
from hypothesis import strategies as st

from server.snapshots.gallery import Screenshot
from server.snapshots.retention import DAY_SECONDS, HOUR_SECONDS, superfluous

NOW = 1_790_000_000.0


def taken(at: float) -> Screenshot:
    return Screenshot(name=f"screenshot_{at}.png", bytes=1, taken_at=at)


def test_the_last_day_stays_whole_and_before_it_one_an_hour() -> None:
    every_five_minutes = [taken(NOW - 300.0 * k) for k in range(3 * 288)]
    gone = superfluous(every_five_minutes, NOW, DAY_SECONDS, HOUR_SECONDS)
    left = [shot for shot in every_five_minutes if shot not in gone]
    assert sum(NOW - shot.taken_at <= DAY_SECONDS for shot in left) == 289
    old_hours = [int(shot.taken_at // HOUR_SECONDS) for shot in left if NOW - shot.taken_at > DAY_SECONDS]
    assert len(old_hours) == len(set(old_hours))
    assert len(old_hours) in (48, 49)


@given(st.lists(st.floats(0, 5 * DAY_SECONDS), unique=True, max_size=200), st.floats(0, DAY_SECONDS))
def test_thinning_again_later_takes_nothing_that_was_kept_as_the_only_one_of_its_hour(
    ages: list[float], later: float
) -> None:
    shots = [taken(NOW - age) for age in ages]
    first = superfluous(shots, NOW, DAY_SECONDS, HOUR_SECONDS)
    kept = [shot for shot in shots if shot not in first]
    assert superfluous(kept, NOW, DAY_SECONDS, HOUR_SECONDS) == []
    in_two_steps = superfluous(kept, NOW + later, DAY_SECONDS, HOUR_SECONDS)
    at_once = superfluous(shots, NOW + later, DAY_SECONDS, HOUR_SECONDS)
    assert {s.taken_at for s in first} | {s.taken_at for s in in_two_steps} == {s.taken_at for s in at_once}
