"""The scorecard of success criteria."""

from core import events as e
from projections.readmodels.criteria import read_scorecard
from tests.support.events import MOVED, PLACES, finished, started
from tests.support.read_models import ReadModelKit


def test_the_scorecard_says_since_which_episode_a_criterion_is_met(kit: ReadModelKit) -> None:
    kit.given(started(num_episodes=260))
    for episode in range(1, 101):
        kit.given(finished(episode, 100))
    criteria = {criterion.key: criterion for criterion in kit.ask(read_scorecard)}
    assert criteria["survival"].state == "open"
    for episode in range(101, 151):
        kit.when(finished(episode, 200, intrinsic_weight=0.29, curriculum_stage=4))
    kit.when(e.AffordancesRandomized(episode=150, seed=1, old=PLACES, new=MOVED))
    for episode in range(151, 261):
        kit.when(finished(episode, 150))
    criteria = {criterion.key: criterion for criterion in kit.ask(read_scorecard)}
    for key, since in (
        ("survival", 150),
        ("intrinsic_weight", 101),
        ("curriculum", 101),
        ("generalization", 250),
    ):
        assert (criteria[key].state, criteria[key].since_episode) == ("met", since)
    assert criteria["data"].state == "met"
    assert criteria["episodes"].state == "open"
    kit.when(e.RunStopped(episode=260, reason="completed"))
    criteria = {criterion.key: criterion for criterion in kit.ask(read_scorecard)}
    assert (criteria["episodes"].state, criteria["runtime"].state) == ("failed", "failed")
