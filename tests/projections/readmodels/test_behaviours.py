"""The behaviours that rules find in episodes."""

import numpy as np
import pytest

from projections.readmodels.behaviour_page import read_behaviours
from tests.support.events import cells, finished, started, traced, uses
from tests.support.read_models import ReadModelKit


def test_behaviours_are_found_with_their_evidence(kit: ReadModelKit) -> None:
    levels = np.full((121, 4), 0.9)
    kit.given(started(), finished(1, 120), cells(1, [5] * 120), uses(1, "Bed"), traced(1, [4] * 120, levels))
    kit.when(finished(2, 120), cells(2, [6, 7] * 60, start=6), uses(2), traced(2, [4] * 120, levels))
    kit.when(finished(3, 320), cells(3, list(range(12)) * 26 + [0] * 8), uses(3, "Bed"))
    found = {(b.episode, b.kind): b.evidence for b in kit.ask(read_behaviours).found}
    assert found[1, "camping"] == "120 of 120 steps on its cell, 1 uses"
    assert found[1, "hoarding"] == "died of energy after 120 steps with 90% of a full purse"
    assert (
        found[2, "ping_pong"]
        == "120 steps in a row between column 3, row 2 and column 4, row 2, until step 120 of 120"
    )
    assert found[2, "waiting"] == "120 of 120 steps on INTERACT where there is no affordance"
    assert found[3, "never_working"] == "lived 320 steps with 1 uses, none of them Job"
    assert len(found) == 5


def test_reward_that_rises_while_survival_falls_is_reward_hacking(kit: ReadModelKit) -> None:
    kit.given(started())
    for episode in range(1, 201):
        early = episode <= 100
        kit.when(finished(episode, 100 if early else 80, total_reward=1.0 if early else 2.0))
    (found,) = kit.ask(read_behaviours).found
    assert (found.episode, found.kind) == (200, "reward_hacking")
    assert "1.00 → 2.00, mean survival 100 → 80 steps" in found.evidence


@pytest.mark.thorough
def test_behaviours_are_counted_by_kind_as_of_an_episode(kit: ReadModelKit) -> None:
    kit.given(started())
    for episode in range(1, 251):
        kit.when(finished(episode, 120, epsilon=0.9 if episode == 1 else 0.1))
        path = [0, 5] * 60 if episode in (1, 150, 250) else list(range(12)) * 10
        kit.when(cells(episode, path, start=5), uses(episode))
    now = kit.ask(read_behaviours)
    assert [(k.kind, k.name, k.count, k.beginners) for k in now.kinds] == [("ping_pong", "Ping-pong", 3, 1)]
    found = [(b.episode, b.beginner, b.step) for b in now.found]
    assert found == [(250, False, 1), (150, False, 1), (1, True, 1)]
    then = kit.ask(lambda c: read_behaviours(c, 200))
    assert (then.total, [b.episode for b in then.found]) == (2, [150, 1])
    page = kit.ask(lambda c: read_behaviours(c, kind="ping_pong", limit=1, offset=1))
    assert (page.total, [b.episode for b in page.found]) == (3, [150])
    assert kit.ask(lambda c: read_behaviours(c, kind="camping")).found == []
