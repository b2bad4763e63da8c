"""How epsilon, the intrinsic weight and the drop detector act on each other, episode by episode."""

from itertools import pairwise

import pytest

from core.config_schema import Exploration
from core.events import ExplorationChanged
from producer.training.exploration import ExplorationSchedule
from tests.support.training import a_finished_episode

MAX_STEPS = 500
SETTINGS = Exploration(
    survival_window=20,
    drop_window=10,
    drop_min_episodes=30,
    drop_reference_half_life=50,
    recovery_max_steps=1000,
)


def after(
    schedule: ExplorationSchedule, survival_times: list[int], steps: int = 10
) -> list[ExplorationChanged]:
    changes = []
    for number, survival_time in enumerate(survival_times, 1):
        schedule.advance(steps)
        episode = a_finished_episode(survival_time, born_stage=5, episode=number)
        change = schedule.record_episode(episode, stage=5)
        if change is not None:
            changes.append(change)
    return changes


def a_schedule() -> ExplorationSchedule:
    return ExplorationSchedule(SETTINGS, MAX_STEPS)


def test_a_new_stage_raises_epsilon() -> None:
    schedule = a_schedule()
    schedule.advance(20_000)
    schedule.stage_changed()
    assert schedule.epsilon == pytest.approx(SETTINGS.epsilon_after_stage_change)


def test_reports_of_annealing_continue_from_each_other() -> None:
    schedule = a_schedule()
    changes = after(schedule, [450] * 1000)
    assert {change.reason for change in changes} == {"annealing"}
    assert changes[0].intrinsic_weight_before == SETTINGS.initial_intrinsic_weight
    for earlier, later in pairwise(changes):
        assert later.intrinsic_weight_before == earlier.intrinsic_weight_after
        assert later.epsilon_before == later.epsilon_after
        assert later.episode > earlier.episode


def test_a_drop_raises_weight_and_epsilon_and_says_why() -> None:
    schedule = a_schedule()
    after(schedule, [450] * 2000)
    assert schedule.intrinsic_weight < 0.3
    before = (schedule.intrinsic_weight, schedule.epsilon)
    (change,) = after(schedule, [150] * 10)
    assert change.reason == "drop"
    assert (change.intrinsic_weight_before, change.epsilon_before) == pytest.approx(before, rel=0.02)
    assert change.intrinsic_weight_after == schedule.intrinsic_weight == SETTINGS.drop_intrinsic_weight
    assert change.epsilon_after == pytest.approx(SETTINGS.drop_epsilon)
    assert change.decided_by["mean_survival"] < 0.6 * change.decided_by["reference"]
    assert schedule.recovering


@pytest.mark.parametrize(
    ("survival_time", "steps", "reason"), [(430, 10, "recovered"), (200, 30, "given_up")]
)
def test_annealing_rests_until_the_recovery_has_ended(survival_time: int, steps: int, reason: str) -> None:
    schedule = a_schedule()
    after(schedule, [450] * 2000 + [150] * 10)
    change = after(schedule, [survival_time] * 40, steps=steps)[0]
    assert change.reason == reason
    assert change.intrinsic_weight_before == change.intrinsic_weight_after == SETTINGS.drop_intrinsic_weight
    assert not schedule.recovering


def test_a_restored_schedule_decides_the_same() -> None:
    for history in ([450] * 90, [450] * 90 + [150] * 12):
        schedule, restored = a_schedule(), a_schedule()
        after(schedule, history)
        restored.load_state_dict(schedule.state_dict())
        later = [200] * 20 + [460] * 60
        assert after(schedule, later) == after(restored, later) != []
        assert schedule.state_dict() == restored.state_dict()
