"""Epsilon decays, rises and decays again."""

import pytest

from core.config_schema import Exploration
from producer.training.epsilon import EpsilonSchedule

SETTINGS = Exploration(epsilon_start=1.0, epsilon_end=0.05, epsilon_half_life=1000)


def test_the_excess_over_the_end_halves_every_half_life() -> None:
    schedule = EpsilonSchedule(SETTINGS)
    assert schedule.value == 1.0
    values = []
    for _ in range(3):
        for _ in range(125):
            schedule.advance(8)
        values.append(schedule.value)
    assert values == pytest.approx([0.05 + 0.95 / 2, 0.05 + 0.95 / 4, 0.05 + 0.95 / 8])


def test_steps_may_be_counted_together_or_one_by_one() -> None:
    together, one_by_one = EpsilonSchedule(SETTINGS), EpsilonSchedule(SETTINGS)
    together.advance(800)
    for _ in range(800):
        one_by_one.advance(1)
    assert together.value == pytest.approx(one_by_one.value)


def test_epsilon_is_raised_but_never_lowered() -> None:
    schedule = EpsilonSchedule(SETTINGS)
    schedule.raise_to(0.2)
    assert schedule.value == 1.0
    schedule.advance(20_000)
    assert schedule.value == pytest.approx(0.05, abs=1e-5)
    schedule.raise_to(0.2)
    assert schedule.value == pytest.approx(0.2)
    schedule.advance(1000)
    assert schedule.value == pytest.approx(0.05 + 0.15 / 2)


def test_a_restored_schedule_continues() -> None:
    schedule, restored = EpsilonSchedule(SETTINGS), EpsilonSchedule(SETTINGS)
    schedule.advance(777)
    restored.load_state_dict(schedule.state_dict())
    schedule.advance(8)
    restored.advance(8)
    assert schedule.value == restored.value
