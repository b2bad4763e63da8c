"""Recovery from the move: one pure, incremental computation, one set of words."""

from collections import deque

import pytest

from core.definitions import (
    RECOVERY_EPISODES,
    WINDOW,
    Recovery,
    advance_recovery,
    recovery_at_move,
    recovery_before_move,
)


def recoveries(before: float, after: list[int]) -> list[Recovery]:
    """The recovery at the move and after each episode; episodes before the move survive `before` steps."""
    survivals = deque([before] * WINDOW, maxlen=WINDOW)
    found = [recovery_at_move(1000, before)]
    for number, survival in enumerate(after, start=1):
        survivals.append(survival)
        found.append(advance_recovery(found[-1], 1000 + number, sum(survivals) / WINDOW))
    return found


def test_before_the_move_the_run_says_whether_there_will_be_one() -> None:
    assert recovery_before_move(planned=True).state == "not moved yet"
    assert recovery_before_move(planned=False).state == "not part of this run"
    unmoved = recovery_before_move(planned=True)
    assert advance_recovery(unmoved, 5, 100.0) is unmoved


def test_only_windows_wholly_after_the_move_count() -> None:
    """Thirty short episodes right after the move: every window that straddles the move is low, none after."""
    found = recoveries(400.0, [10] * 30 + [450] * 200)
    assert [r.state for r in found[:WINDOW]] == ["too early"] * WINDOW
    assert found[WINDOW].state == "recovering"
    assert found[WINDOW].lowest == (30 * 10 + 70 * 450) / 100
    back = next(r for r in found if r.state == "recovered")
    # 80 % of 400 are 320: a window of 29 short and 71 long episodes has 322
    assert back.episodes == WINDOW + 1
    assert "recovered after 101 episodes" in back.text
    assert found[-1] == back


def test_survival_that_stays_up_never_dropped() -> None:
    found = recoveries(400.0, [330] * 700)
    assert found[WINDOW].state == found[-1].state == "no drop"
    assert found[-1].episodes is None
    assert found[-1].text.startswith("no drop")


def test_a_drop_long_after_the_move_is_not_its_consequence() -> None:
    assert recoveries(400.0, [400] * (RECOVERY_EPISODES + 100) + [10] * 300)[-1].state == "no drop"
    assert recoveries(400.0, [400] * (RECOVERY_EPISODES - 100) + [10] * 300)[-1].state == "not recovered"


def test_a_drop_that_begins_late_counts_from_the_move() -> None:
    found = recoveries(400.0, [400] * 150 + [50] * 100 + [400] * 200)
    assert found[WINDOW].state == "no drop"
    assert found[250].state == "recovering"
    assert found[250].lowest == 50
    assert (found[-1].state, found[-1].lowest, found[-1].lowest_at) == ("recovered", 50, 1250)
    # a window of 22 short and 78 long episodes has 323, of 23 and 77 it has 319.5
    assert found[-1].episodes == 250 + 78


@pytest.mark.parametrize("late", [0, 40])
def test_after_the_time_is_over_it_is_not_recovered_but_may_still_come_back(late: int) -> None:
    found = recoveries(400.0, [100] * (RECOVERY_EPISODES + late) + [400] * 100)
    assert found[RECOVERY_EPISODES].state == "recovering"
    assert found[RECOVERY_EPISODES + 1].state == "not recovered"
    assert (found[-1].state, found[-1].episodes) == ("recovered", RECOVERY_EPISODES + late + 74)
