"""The read model of the random policy's level."""

from core.events import BaselineMeasured, StageBaseline
from projections.readmodels.baseline import Baseline, read_baseline
from tests.support.events import resumed, started


def measured(*means: float) -> BaselineMeasured:
    stages = (
        StageBaseline(stage=stage, mean_survival=mean, low=mean - 1, high=mean + 1)
        for stage, mean in enumerate(means, start=1)
    )
    return BaselineMeasured(policy="random", episodes=256, stages=tuple(stages))


def test_the_newest_measurement_holds(kit):
    kit.given(started(), measured(200.0, 150.0, 120.0))
    kit.when(resumed(0, 2), measured(180.0, 90.0))
    expected = Baseline(policy="random", episodes=256, stages=measured(180.0, 90.0).stages)
    assert kit.ask(read_baseline) == expected


def test_a_resume_keeps_it(kit):
    kit.given(started(), measured(200.0))
    kit.when(resumed(0, 1))
    assert kit.ask(read_baseline) is not None


def test_a_run_of_before_has_none(kit):
    kit.given(started())
    assert kit.ask(read_baseline) is None
