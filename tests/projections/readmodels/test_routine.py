"""The first routine of a run."""

import pytest

from projections.readmodels.routine import Routine, find_routine, read_first_routine, read_landmark_behaviours
from tests.support.events import finished, started, uses
from tests.support.read_models import ReadModelKit

ROUND = ["Bed", "Job", "Fridge"]


@pytest.mark.parametrize(
    ("names", "routine"),
    [
        ([*ROUND, *ROUND, *ROUND], Routine(tuple(ROUND), 3, 1)),
        (["Gym", *ROUND, *ROUND, *ROUND, *ROUND], Routine(tuple(ROUND), 4, 2)),
        (["Bed", "Bed", "Job", "Fridge", "Fridge", *ROUND, *ROUND], Routine(tuple(ROUND), 3, 1)),
        ([*ROUND, *ROUND], None),
        ([*ROUND, "Gym", *ROUND, *ROUND], None),
        (["Bed", "Job"] * 9, None),
        (["Bed"] * 9, None),
        ([], None),
    ],
)
def test_a_routine_is_the_same_round_three_times_in_a_row(names: list[str], routine: Routine | None) -> None:
    assert find_routine(names, range(1, len(names) + 1)) == routine


def test_the_first_one_is_a_landmark_unless_the_agent_acted_at_random(kit: ReadModelKit) -> None:
    kit.given(started())
    for episode, epsilon, names in ((1, 0.9, ROUND * 3), (2, 0.1, ROUND * 2), (3, 0.1, ROUND * 3)):
        kit.given(finished(episode, epsilon=epsilon), uses(episode, *names))
    routine = kit.ask(read_first_routine)
    assert (routine.episode, routine.kind) == (3, "routine")
    assert routine.title == "The first routine: Bed → Job → Fridge"
    assert routine in kit.ask(read_landmark_behaviours)


def test_a_run_may_have_none(kit: ReadModelKit) -> None:
    kit.given(started(), finished(1, epsilon=0.1), uses(1, *ROUND))
    assert kit.ask(read_first_routine) is None
