"""The intrinsic weight is annealed while episodes are long and alike."""

from itertools import pairwise

import pytest

from core.config_schema import Exploration
from producer.training.intrinsic_weight import AdaptiveIntrinsicWeight

MAX_STEPS = 500
SETTINGS = Exploration(survival_window=20)


def after(weight: AdaptiveIntrinsicWeight, survival_times: list[int]) -> list[tuple[str, float]]:
    """The reports made after these episodes, each with the weight then."""
    reports = []
    for survival_time in survival_times:
        weight.record(survival_time)
        report = weight.anneal()
        if report is not None:
            reports.append((report[0], weight.value))
    return reports


@pytest.mark.parametrize(
    "survival_times",
    [[450] * 19, [340] * 60, [500, 10] * 30],
    ids=["window not full", "too short", "too different"],
)
def test_a_closed_gate_keeps_the_weight(survival_times: list[int]) -> None:
    weight = AdaptiveIntrinsicWeight(SETTINGS, MAX_STEPS)
    assert after(weight, survival_times) == []
    assert weight.value == 1.0


def test_an_open_gate_multiplies_the_weight_at_every_episode() -> None:
    weight = AdaptiveIntrinsicWeight(SETTINGS, MAX_STEPS)
    after(weight, [450] * 30)
    assert weight.value == pytest.approx(0.999**11)


def test_the_report_gives_the_numbers_of_the_gate() -> None:
    weight = AdaptiveIntrinsicWeight(SETTINGS, MAX_STEPS)
    for survival_time in [400, 500] * 10:
        weight.record(survival_time)
    report = weight.anneal()
    assert report is not None
    assert report[0] == "annealing"
    assert report[1] == pytest.approx(
        {"mean_survival": 450.0, "least_mean": 350.0, "variation": 50 / 450, "most_variation": 0.5}
    )


def test_annealing_is_reported_by_tenths_down_to_the_floor() -> None:
    weight = AdaptiveIntrinsicWeight(SETTINGS, MAX_STEPS)
    reports = after(weight, [450] * 4000)
    assert {reason for reason, _ in reports} == {"annealing"}
    assert weight.value == SETTINGS.min_intrinsic_weight == reports[-1][1]
    assert all(later > 0.89 * earlier for (_, earlier), (_, later) in pairwise(reports))
    assert all(later <= 0.9 * earlier for (_, earlier), (_, later) in pairwise(reports[:-1]))


def test_a_closing_gate_is_reported_once() -> None:
    weight = AdaptiveIntrinsicWeight(SETTINGS, MAX_STEPS)
    after(weight, [450] * 25)
    reports = after(weight, [320] * 40)
    assert [reason for reason, _ in reports if reason != "annealing"] == ["paused"]
    assert weight.value == weight.reported == reports[-1][1]


def test_a_raised_weight_waits_for_a_new_window() -> None:
    weight = AdaptiveIntrinsicWeight(SETTINGS, MAX_STEPS)
    after(weight, [450] * 2000)
    weight.raise_to(0.5)
    assert weight.value == 0.5
    assert after(weight, [450] * 19) == []
    assert weight.value == 0.5
    assert after(weight, [450]) == [("annealing", pytest.approx(0.5 * 0.999))]
    weight.raise_to(0.1)
    assert weight.value == pytest.approx(0.5 * 0.999)


def test_a_restored_weight_continues() -> None:
    weight, restored = (AdaptiveIntrinsicWeight(SETTINGS, MAX_STEPS) for _ in range(2))
    after(weight, [450] * 70)
    restored.load_state_dict(weight.state_dict())
    later = [200] * 20 + [460] * 60
    assert after(weight, later) == after(restored, later) != []
    assert weight.state_dict() == restored.state_dict()
