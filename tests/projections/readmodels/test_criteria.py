"""The scorecard of success criteria."""

import pytest

from core import events as e
from projections.readmodels.criteria import Criterion, read_scorecard
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
    assert (criteria["episodes"].state, criteria["runtime"].state) == ("failed", "not applicable")
    assert criteria["runtime"].value.startswith("this run was planned without a pace; it took ")


@pytest.mark.parametrize(
    ("episodes_per_hour", "while_running", "at_the_end"),
    [
        (10, "not applicable: this run was planned for 1,560 minutes", "not applicable"),
        (5, "open: 0.0 h, 0 resumes", "failed"),
    ],
)
def test_a_run_that_was_planned_shorter_is_not_measured_by_its_hours(
    kit: ReadModelKit, episodes_per_hour: int, while_running: str, at_the_end: str
) -> None:
    config = started().config
    paced = config | {"training": config["training"] | {"pace": {"episodes_per_hour": episodes_per_hour}}}
    kit.given(started(num_episodes=260, config=paced), finished(1, 100))

    def runtime() -> Criterion:
        return next(criterion for criterion in kit.ask(read_scorecard) if criterion.key == "runtime")

    assert f"{runtime().state}: {runtime().value}" == while_running
    kit.when(e.RunStopped(episode=1, reason="completed"))
    assert runtime().state == at_the_end
