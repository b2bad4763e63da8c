"""One definition: recovery and survival of the stage have the same words and numbers everywhere."""

from collections import deque
from statistics import fmean
from typing import Any

import apsw
import msgspec
import pytest

from core.definitions import WINDOW, Recovery, advance_recovery, recovery_at_move
from core.events import AffordancesRandomized
from projections.readmodels.criteria import read_scorecard
from projections.readmodels.recovery import read_recovery
from projections.state import read_parts, read_state
from tests.support.events import MOVED, PLACES, finished, resumed, started
from tests.support.read_models import ReadModelKit

MOVED_AT = 120
AWKWARD = {
    "short episodes right after the move": [10] * 30 + [190] * 200,
    "no drop": [150] * 230,
    "a drop that straddles the first window": [180] * 80 + [20] * 60 + [180] * 160,
    "too early": [20] * 60,
    "never back": [20] * 560,
}


def given(kit: ReadModelKit, after: list[int]) -> None:
    kit.given(started(num_episodes=1000), *(finished(n, 160) for n in range(1, MOVED_AT + 1)))
    kit.when(AffordancesRandomized(episode=MOVED_AT, seed=1, old=PLACES, new=MOVED))
    kit.when(*(finished(MOVED_AT + n, survival) for n, survival in enumerate(after, start=1)))


def by_definition(after: list[int]) -> Recovery:
    survivals = deque([160.0] * WINDOW, maxlen=WINDOW)
    recovery = recovery_at_move(MOVED_AT, 160.0)
    for number, survival in enumerate(after, start=1):
        survivals.append(survival)
        recovery = advance_recovery(recovery, MOVED_AT + number, fmean(survivals))
    return recovery


@pytest.mark.parametrize("after", AWKWARD.values(), ids=AWKWARD.keys())
def test_state_and_scorecard_show_the_recovery_of_the_definition(kit: ReadModelKit, after: list[int]) -> None:
    given(kit, after)
    expected = by_definition(after)

    def everywhere(connection: apsw.Connection) -> tuple[Any, ...]:
        state = read_state(connection)
        assert state is not None
        (criterion,) = (c for c in read_scorecard(connection) if c.key == "generalization")
        parts = read_parts(connection)
        assert parts is not None
        early = read_recovery(connection, MOVED_AT - 1)
        return state.recovery, parts["recovery"], criterion, early

    recovery, at, criterion, early = kit.ask(everywhere)
    assert recovery == at == expected
    assert criterion.value == expected.text
    states = {"recovered": "met", "no drop": "met", "not recovered": "failed"}
    assert criterion.state == states.get(expected.state, "open")
    if expected.episodes is not None:
        assert criterion.since_episode == MOVED_AT + expected.episodes
    assert early.state == "not moved yet"


def test_a_resume_from_before_the_move_takes_the_recovery_back(kit: ReadModelKit) -> None:
    given(kit, [20] * 150)
    kit.when(resumed(100, 101))
    assert kit.ask(read_state).recovery.state == "not moved yet"
    kit.when(resumed(100, 101, 3, config_changes={"training.randomize_affordances_at": (120, None)}))
    assert kit.ask(lambda c: read_recovery(c, 100)).state == "not part of this run"


def test_a_run_that_never_moves_says_so(kit: ReadModelKit) -> None:
    event = started()
    config = event.config | {"training": {"randomize_affordances_at": None}}
    kit.given(msgspec.structs.replace(event, config=config), finished(1))
    state = kit.ask(read_state)
    assert state.recovery.state == "not part of this run"
    assert state.recovery.text == "the affordances are not moved in this run"
