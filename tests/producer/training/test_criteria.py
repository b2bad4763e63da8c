"""The figures that judge a run, on histories written by hand; and the quick run really learns."""

import itertools
from pathlib import Path

import msgspec
import pytest

from core.config import load_config
from core.economy import longest_without_work, mean_longest_without_work
from producer.training.criteria import bound_without_work, judge, recovery_of, regained_after
from producer.training.memory_recorder import MemoryRecorder
from producer.training.trainer import Trainer, train

FOLDER = Path(__file__).parents[3] / "configs" / "townlet"
DEFAULT = load_config(FOLDER / "sparse_adaptive.yaml")


def a_history(survival: list[int], stage: list[int] | None = None) -> MemoryRecorder:
    history = MemoryRecorder(DEFAULT)
    history.survival = survival
    history.stage = stage or [5] * len(survival)
    return history


def test_recovery_counts_only_episodes_after_the_move() -> None:
    history = a_history([450] * 200 + [100] * 50 + [450] * 300)
    # 80 % of 450 is 360: at most 25 of the last hundred episodes may be short ones.
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
    bounds = longest_without_work(DEFAULT.world, stage, [10.0, 0.0], 500)
    assert bounds == pytest.approx([310, 200])


def test_the_bound_is_that_of_trying_every_purchase() -> None:
    """Also the purchases that the module leaves out since others beat them."""
    world, stage = DEFAULT.world, DEFAULT.curriculum.stages[-1]
    vital = [meter for meter in world.meters if meter.vital]
    offers = [place for place in world.affordances if place.wage == 0.0]
    longest = 0.0
    for counts in itertools.product(*(range(int(30.0 / place.price) + 1) for place in offers)):
        bought = list(zip(counts, offers, strict=True))
        if sum(count * place.price for count, place in bought) <= 30.0:
            levels = (
                meter.start_range[1]
                + sum(count * place.effects.get(meter.name, 0.0) for count, place in bought)
                for meter in vital
            )
            steps = min(level / meter.drain for level, meter in zip(levels, vital, strict=True))
            longest = max(longest, min(500.0, steps))
    assert longest_without_work(world, stage, [30.0], 500) == pytest.approx([longest])


def test_what_costs_nothing_bounds_nothing() -> None:
    stage = DEFAULT.curriculum.stages[-1]
    places = [msgspec.structs.replace(place, price=0.0) for place in DEFAULT.world.affordances]
    world = msgspec.structs.replace(DEFAULT.world, affordances=places)
    assert longest_without_work(world, stage, [0.0], 500) == [500.0]


def test_recovery_is_the_one_of_the_page() -> None:
    recovery = recovery_of([450] * 200 + [100] * 50 + [450] * 300, 200)
    assert (recovery.state, recovery.episodes, recovery.before) == ("recovered", 125, 450.0)
    assert recovery_of([450] * 300, None).state == "not part of this run"


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
    history = MemoryRecorder(config)
    trainer = Trainer(config, history)
    train(trainer)
    assert sum(history.survival[:30]) / 30 < 200
    assert sum(history.survival[-50:]) / 50 > 300
    figures = {
        criterion.name: criterion for criterion in judge(config, history, trainer, bound_without_work(config))
    }
    assert figures["stage 2 reached"].holds
    assert figures["no NaN or Inf"].holds
