"""When the population moves between stages, and which numbers the event gives as the reason."""

import pytest

from core.config_schema import Curriculum, Stage
from core.events import StageChanged
from producer.training.curriculum import CurriculumSchedule
from tests.support.training import a_finished_episode

STAGES = [Stage(["energy"], 1.0, "shaped")] * 5
SETTINGS = Curriculum(stages=STAGES, survival_window=10, min_steps_at_stage=100, no_retreat_after_drop=30)


def after(
    schedule: CurriculumSchedule,
    survivals: list[int],
    entropy: float = 0.1,
    born_stage: int | None = None,
    steps: int = 20,
) -> list[StageChanged]:
    decisions = []
    for survival in survivals:
        for _ in range(steps):
            schedule.advance(1)
        stage = schedule.stage if born_stage is None else born_stage
        decision = schedule.record_episode(a_finished_episode(survival, stage, episode=7), lambda: entropy)
        if decision is not None:
            decisions.append(decision)
    return decisions


def test_long_episodes_move_the_population_up_with_the_numbers_that_decided() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)
    (decision,) = after(schedule, [360] * 5 + [364] * 5)
    assert (decision.episode, decision.agent) == (7, None)
    assert (decision.from_stage, decision.to_stage, schedule.stage) == (1, 2, 2)
    assert decision.decided_by == {
        "mean_survival": 362.0,
        "progress": 4.0,
        "steps_at_stage": 200.0,
        "advance_above": 350.0,
        "entropy": 0.1,
        "entropy_gate": 0.5,
    }


def test_short_episodes_move_it_down_but_not_below_the_first_stage() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)
    assert after(schedule, [100] * 30) == []
    after(schedule, [400] * 20)
    assert schedule.stage > 1
    before = schedule.stage
    (decision,) = after(schedule, [100] * 10)
    assert (decision.from_stage, decision.to_stage) == (before, before - 1)
    assert decision.decided_by["mean_survival"] < 150.0
    assert decision.decided_by["retreat_below"] == 150.0


@pytest.mark.parametrize(
    ("survivals", "entropy", "steps"),
    [
        ([350] * 10, 0.1, 20),
        ([400] * 5 + [390] * 5, 0.1, 20),
        ([400] * 10, 0.6, 20),
        ([400] * 10, 0.1, 5),
        ([400] * 9, 0.1, 20),
    ],
    ids=["not long enough", "getting shorter", "undecided", "too few steps", "too few episodes"],
)
def test_it_stays_where_one_condition_fails(survivals: list[int], entropy: float, steps: int) -> None:
    assert after(CurriculumSchedule(SETTINGS, 500), survivals, entropy, steps=steps) == []


def test_the_last_stage_is_the_last() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)
    after(schedule, [400] * 200)
    assert schedule.stage == 5
    assert after(schedule, [450] * 40) == []


def test_episodes_begun_in_another_stage_do_not_count() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)
    assert after(schedule, [450] * 40, born_stage=2) == []


def test_no_retreat_for_a_while_after_a_drop() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)
    after(schedule, [400] * 10)
    schedule.drop_detected()
    assert after(schedule, [100] * 29) == []
    assert [decision.to_stage for decision in after(schedule, [100])] == [1]


def test_the_gate_is_asked_only_when_all_else_says_advance() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)

    def not_asked() -> float:
        raise AssertionError("asked")

    for _ in range(40):
        for _ in range(20):
            schedule.advance(1)
        schedule.record_episode(a_finished_episode(300, 1), not_asked)


def test_a_restored_curriculum_decides_the_same() -> None:
    schedule, restored = CurriculumSchedule(SETTINGS, 500), CurriculumSchedule(SETTINGS, 500)
    after(schedule, [400] * 17)
    restored.load_state_dict(schedule.state_dict())
    assert after(schedule, [420] * 15) == after(restored, [420] * 15)
    assert schedule.state_dict() == restored.state_dict()
