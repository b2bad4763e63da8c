"""When the population moves between stages, and what it is told as the reason."""

import math

import pytest
import torch

from core.config_schema import Curriculum, Stage
from producer.training.curriculum import CurriculumSchedule, StageDecision, neediest, policy_entropy
from producer.training.episodes import FinishedLife

STAGES = [Stage(["energy"], 1.0, "shaped")] * 5
SETTINGS = Curriculum(stages=STAGES, survival_window=10, min_steps_at_stage=100, no_retreat_after_drop=30)


def live(
    schedule: CurriculumSchedule,
    survivals: list[int],
    entropy: float = 0.1,
    born_stage: int | None = None,
    steps: int = 20,
) -> list[StageDecision]:
    decisions = []
    for survival in survivals:
        for _ in range(steps):
            schedule.tick(1)
        stage = schedule.stage if born_stage is None else born_stage
        life = FinishedLife(1, 0, survival, 0.0, 0.0, 0.0, stage, 0)
        decision = schedule.note(life, lambda: entropy)
        if decision is not None:
            decisions.append(decision)
    return decisions


def test_long_lives_move_the_population_up_with_the_numbers_that_decided() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)
    (decision,) = live(schedule, [360] * 5 + [364] * 5)
    assert (decision.from_stage, decision.to_stage, schedule.stage) == (1, 2, 2)
    assert decision.decided_by == {
        "mean_survival": 362.0,
        "progress": 4.0,
        "steps_at_stage": 200.0,
        "advance_above": 350.0,
        "entropy": 0.1,
        "entropy_gate": 0.5,
    }


def test_short_lives_move_it_down_but_not_below_the_first_stage() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)
    assert live(schedule, [100] * 30) == []
    live(schedule, [400] * 20)
    assert schedule.stage > 1
    before = schedule.stage
    (decision,) = live(schedule, [100] * 10)
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
    ids=["not long enough", "getting shorter", "undecided", "too few steps", "too few lives"],
)
def test_it_stays_where_one_condition_fails(survivals: list[int], entropy: float, steps: int) -> None:
    assert live(CurriculumSchedule(SETTINGS, 500), survivals, entropy, steps=steps) == []


def test_the_last_stage_is_the_last() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)
    live(schedule, [400] * 200)
    assert schedule.stage == 5
    assert live(schedule, [450] * 40) == []


def test_lives_begun_in_another_stage_do_not_count() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)
    assert live(schedule, [450] * 40, born_stage=2) == []


def test_no_retreat_for_a_while_after_a_surprise() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)
    live(schedule, [400] * 10)
    schedule.surprised()
    assert live(schedule, [100] * 29) == []
    assert [decision.to_stage for decision in live(schedule, [100])] == [1]


def test_the_gate_is_asked_only_when_all_else_says_advance() -> None:
    schedule = CurriculumSchedule(SETTINGS, 500)

    def not_asked() -> float:
        raise AssertionError("asked")

    for _ in range(40):
        for _ in range(20):
            schedule.tick(1)
        schedule.note(FinishedLife(1, 0, 300, 0.0, 0.0, 0.0, 1, 0), not_asked)


def test_a_restored_curriculum_decides_the_same() -> None:
    schedule, restored = CurriculumSchedule(SETTINGS, 500), CurriculumSchedule(SETTINGS, 500)
    live(schedule, [400] * 17)
    restored.load_state_dict(schedule.state_dict())
    assert live(schedule, [420] * 15) == live(restored, [420] * 15)
    assert schedule.state_dict() == restored.state_dict()


def test_entropy_is_a_part_of_its_most() -> None:
    same = torch.zeros((3, 5))
    assert policy_entropy(same, torch.tensor(0.1)).item() == pytest.approx(1.0)
    sure = torch.tensor([[10.0, 0.0, 0.0, 0.0, 0.0]])
    assert policy_entropy(sure, torch.tensor(0.1)).item() == pytest.approx(0.0, abs=1e-6)
    two = torch.tensor([[10.0, 10.0, 0.0, 0.0, 0.0]])
    assert policy_entropy(two, torch.tensor(0.1)).item() == pytest.approx(math.log(2) / math.log(5))


def test_the_neediest_are_those_whose_worst_vital_meter_is_lowest() -> None:
    meters = torch.tensor([[0.9, 0.9, 0.0], [0.2, 0.9, 1.0], [0.5, 0.1, 1.0], [0.4, 0.6, 0.0]])
    assert set(neediest(meters, torch.tensor([True, True, False]), 2).tolist()) == {1, 2}
