"""The level of a random policy is measured when a run starts, and changes nothing that the run learns."""

from pathlib import Path

import torch

from core.codec import decode
from core.config import load_config
from core.events import BaselineMeasured, RunStarted
from producer.run.baseline import baseline_changed, baseline_measured
from producer.run.evaluate import evaluate
from tests.support.logs import read_log
from tests.support.training import StopAfter, train, write_small_config


def test_every_stage_has_a_level_within_its_interval_and_the_step_limit(tmp_path: Path) -> None:
    config = load_config(write_small_config(tmp_path / "small.yaml"))
    measured = baseline_measured(config, 64)
    assert [stage.stage for stage in measured.stages] == list(range(1, len(config.curriculum.stages) + 1))
    for stage in measured.stages:
        assert 0 < stage.low <= stage.mean_survival <= stage.high <= config.training.max_steps_per_episode


def test_the_same_configuration_gives_the_same_level_and_another_seed_another(tmp_path: Path) -> None:
    config = load_config(write_small_config(tmp_path / "small.yaml"))
    other = load_config(
        write_small_config(tmp_path / "small.yaml"), {"experiment.seed": config.experiment.seed + 1}
    )
    assert baseline_measured(config, 64) == baseline_measured(config, 64)
    assert baseline_measured(config, 64) != baseline_measured(other, 64)


def test_measuring_moves_no_other_random_numbers(tmp_path: Path) -> None:
    config = load_config(write_small_config(tmp_path / "small.yaml"))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    baseline_measured(config, 64)
    assert torch.equal(torch.rand(3), expected)


def test_a_network_that_always_acts_at_random_survives_as_long(tmp_path: Path) -> None:
    """Against `producer evaluate` at epsilon 1, which plays another way and with other random numbers."""
    config = load_config(write_small_config(tmp_path / "small.yaml"))
    train(tmp_path, config, StopAfter(100))
    checkpoint = min((tmp_path / "checkpoints").glob("checkpoint_ep*.pt"), key=lambda path: len(path.name))
    played = evaluate(checkpoint, 256, 11, layout="start", stage=2, epsilon=1.0).played[0]
    level = baseline_measured(config).stages[1]
    assert abs(played.mean - level.mean_survival) < (played.high - played.low) + (level.high - level.low)


def test_it_is_the_second_event_of_a_run(tmp_path: Path) -> None:
    train(tmp_path, load_config(write_small_config(tmp_path / "small.yaml")), StopAfter(5))
    first, second = map(decode, read_log(tmp_path)[:2])
    assert isinstance(first, RunStarted)
    assert isinstance(second, BaselineMeasured)


def test_only_what_decides_the_level_is_measured_again() -> None:
    assert baseline_changed({"curriculum.stages": (1, 2)})
    assert baseline_changed({"training.max_steps_per_episode": (500, 400)})
    assert not baseline_changed({"exploration.anneal_above": (0.7, 0.6), "training.device": ("cpu", "cuda")})
