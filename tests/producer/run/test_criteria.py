"""The figures that judge a run, on histories written by hand; and the quick run really learns."""

from pathlib import Path

import pytest

from core.config import load_config
from producer.environment.economy import longest_without_work, mean_longest_without_work
from producer.run.criteria import judge, regained_after, run
from producer.training.memory_recorder import MemoryRecorder

FOLDER = Path(__file__).parents[3] / "configs" / "townlet"
DEFAULT = load_config(FOLDER / "sparse_adaptive.yaml")


def a_history(survival: list[int], stage: list[int] | None = None) -> MemoryRecorder:
    history = MemoryRecorder(DEFAULT)
    history.survival = survival
    history.stage = stage or [5] * len(survival)
    return history


def test_recovery_counts_only_lives_after_the_move() -> None:
    history = a_history([450] * 200 + [100] * 50 + [450] * 300)
    # 80 % of 450 is 360: at most 25 of the last hundred lives may be short ones.
    assert regained_after(history, 200, 0.8) == 125
    assert regained_after(history, 200, 1.0) == 150


def test_recovery_below_the_last_stage_does_not_count() -> None:
    survival = [450] * 200 + [100] * 50 + [450] * 300
    stage = [5] * 200 + [4] * 200 + [5] * 150
    assert regained_after(a_history(survival, stage), 200, 0.8) == 201


def test_never_is_never() -> None:
    assert regained_after(a_history([450] * 200 + [100] * 300), 200, 0.8) is None


def test_the_bound_without_work_counts_what_a_purse_buys() -> None:
    stage = DEFAULT.curriculum.stages[-1]
    # Nothing: energy 1 at .005 a step. Ten dollars: one night and one meal, or a shower less.
    assert longest_without_work(DEFAULT.world, stage, 0.0, 500) == pytest.approx(200)
    assert longest_without_work(DEFAULT.world, stage, 10.0, 500) == pytest.approx(310)


def test_work_is_necessary_in_the_default_town() -> None:
    bound = mean_longest_without_work(DEFAULT.world, DEFAULT.curriculum.stages[-1], 500)
    assert 250 < bound < 400


@pytest.mark.timeout(900)
def test_the_quick_run_learns() -> None:
    """Seconds on an idle core.

    Doing nothing lasts 200 steps at full depletion (energy runs out), walking at random about 115.
    """
    shorter = {"training.randomize_affordances_at": None, "training.num_episodes": 320}
    config = load_config(FOLDER / "quick.yaml", shorter)
    history, trainer = run(config, seed=0)
    assert sum(history.survival[:30]) / 30 < 200
    assert sum(history.survival[-50:]) / 50 > 300
    figures = {criterion.name: criterion for criterion in judge(config, history, trainer)}
    assert figures["stage 2 reached"].holds
    assert figures["no NaN or Inf"].holds
