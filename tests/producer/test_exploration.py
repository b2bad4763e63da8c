"""Epsilon, the intrinsic weight and the detector of surprises, life by life."""

from itertools import pairwise

import pytest

from core.config_schema import Exploration
from producer.training.episodes import FinishedLife
from producer.training.exploration import ExplorationDecision, ExplorationSchedule

LIMIT = 500
SETTINGS = Exploration(
    survival_window=20,
    drop_window=10,
    drop_min_episodes=30,
    drop_reference_half_life=50,
    recovery_max_steps=1000,
)


def live(
    schedule: ExplorationSchedule, survivals: list[int], stage: int = 5, born_stage: int = 5, steps: int = 10
) -> list[ExplorationDecision]:
    decisions = []
    for survival in survivals:
        for _ in range(steps):
            schedule.tick(1)
        decision = schedule.note(FinishedLife(1, 0, survival, 0.0, 0.0, 0.0, born_stage, 0), stage)
        if decision is not None:
            decisions.append(decision)
    return decisions


def test_epsilon_halves_its_way_to_the_end() -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    assert schedule.epsilon == 1.0
    seen = []
    for _ in range(3):
        for _ in range(1000):
            schedule.tick(1)
        seen.append(schedule.epsilon)
    assert seen == pytest.approx([0.05 + 0.95 / 2, 0.05 + 0.95 / 4, 0.05 + 0.95 / 8])


def test_a_new_stage_is_tried_out() -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    schedule.stage_changed()
    assert schedule.epsilon == 1.0
    for _ in range(20_000):
        schedule.tick(1)
    assert schedule.epsilon == pytest.approx(0.05, abs=1e-5)
    schedule.stage_changed()
    assert schedule.epsilon == pytest.approx(0.2)


def test_the_weight_anneals_only_while_lives_are_long_and_alike() -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    assert live(schedule, [340] * 40) == []
    assert schedule.intrinsic_weight == 1.0
    live(schedule, [500, 10] * 20)
    assert schedule.intrinsic_weight == 1.0
    first = live(schedule, [450] * 20)[0]
    assert first.reason == "annealing"
    assert first.decided_by["mean_survival"] > first.decided_by["least_mean"] == pytest.approx(350.0)
    assert first.decided_by["variation"] < first.decided_by["most_variation"] == 0.5
    before = schedule.intrinsic_weight
    live(schedule, [450])
    assert schedule.intrinsic_weight == pytest.approx(before * 0.999)


def test_annealing_is_told_by_tenths_and_ends_at_the_floor() -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    decisions = live(schedule, [450] * 4000)
    assert schedule.intrinsic_weight == SETTINGS.min_intrinsic_weight
    assert {decision.reason for decision in decisions} == {"annealing"}
    assert len(decisions) < 40
    for earlier, later in pairwise(decisions):
        assert later.intrinsic_weight_before == earlier.intrinsic_weight_after
    assert decisions[-1].intrinsic_weight_after == SETTINGS.min_intrinsic_weight


def test_a_closing_gate_is_told_once() -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    live(schedule, [450] * 25)
    weight = schedule.intrinsic_weight
    decisions = live(schedule, [320] * 20)
    assert [decision.reason for decision in decisions if decision.reason != "annealing"] == ["paused"]
    assert schedule.intrinsic_weight < weight


def test_a_fall_below_the_reference_reheats_and_tells_why() -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    live(schedule, [450] * 2000)
    assert schedule.intrinsic_weight < 0.3
    before = (schedule.intrinsic_weight, schedule.epsilon)
    decisions = live(schedule, [150] * 10)
    surprise = decisions[-1]
    assert [decision.reason for decision in decisions] == ["drop"]
    assert surprise.intrinsic_weight_before == pytest.approx(before[0], rel=0.02)
    assert surprise.intrinsic_weight_after == schedule.intrinsic_weight == 0.5
    assert surprise.epsilon_after == pytest.approx(0.3)
    assert schedule.epsilon >= 0.29
    assert schedule.recovering
    assert surprise.decided_by["mean_survival"] < 0.6 * surprise.decided_by["reference"]


def test_ordinary_ups_and_downs_are_no_surprise() -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    survivals = [450 if life % 3 else 300 for life in range(600)]
    assert all(decision.reason != "drop" for decision in live(schedule, survivals))


def test_a_bad_spell_while_learning_is_no_surprise() -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    live(schedule, [300] * 400)
    assert live(schedule, [100] * 40) == []
    assert not schedule.recovering


def test_a_new_stage_is_no_surprise() -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    live(schedule, [450] * 100, stage=3, born_stage=3)
    live(schedule, [150] * 40, stage=4, born_stage=3)
    live(schedule, [150] * 40, stage=4, born_stage=4)
    assert not schedule.recovering


@pytest.mark.parametrize(("survival", "steps", "reason"), [(430, 10, "recovered"), (200, 30, "given_up")])
def test_recovery_ends_with_success_or_patience(survival: int, steps: int, reason: str) -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    live(schedule, [450] * 300)
    live(schedule, [150] * 10)
    decisions = live(schedule, [survival] * 40, steps=steps)
    assert decisions[0].reason == reason
    assert decisions[0].decided_by["reference"] > 380
    assert not schedule.recovering


def test_a_second_surprise_can_follow_a_recovery() -> None:
    schedule = ExplorationSchedule(SETTINGS, LIMIT)
    live(schedule, [450] * 300)
    live(schedule, [150] * 10)
    live(schedule, [450] * 300)
    assert [d.reason for d in live(schedule, [150] * 10) if d.reason != "annealing"] == ["drop"]


def test_a_restored_schedule_decides_the_same() -> None:
    for history in ([450] * 90, [450] * 90 + [150] * 12):
        schedule, restored = ExplorationSchedule(SETTINGS, LIMIT), ExplorationSchedule(SETTINGS, LIMIT)
        live(schedule, history)
        restored.load_state_dict(schedule.state_dict())
        later = [200] * 20 + [460] * 60
        assert live(schedule, later) == live(restored, later)
        assert schedule.state_dict() == restored.state_dict()
