"""What `run_started` says of the curriculum and the wages of a configuration."""

from pathlib import Path

import pytest

from core.config import config_hash, load_config
from core.run_summary import curriculum_summary, wages

CONFIGS = Path(__file__).parents[2] / "configs" / "townlet"


@pytest.mark.parametrize("name", ["sparse_adaptive", "quick", "multi_day"])
def test_every_shipped_stage_has_its_own_name_and_a_short_meaning(name: str) -> None:
    config = load_config(CONFIGS / f"{name}.yaml")
    stages = curriculum_summary(config).stages
    assert [stage.name for stage in stages] == [stage.name for stage in config.curriculum.stages]
    assert len({stage.name for stage in stages}) == len(stages)
    assert all(0 < len(stage.name) <= 20 and 0 < len(stage.meaning) <= 80 for stage in stages)


def test_thresholds_are_given_in_steps() -> None:
    config = load_config(CONFIGS / "sparse_adaptive.yaml", {"training.max_steps_per_episode": 200})
    curriculum = curriculum_summary(config)
    assert (curriculum.advance_at, curriculum.retreat_at) == (140.0, 60.0)


def test_only_affordances_that_pay_have_a_wage() -> None:
    assert wages(load_config(CONFIGS / "sparse_adaptive.yaml")) == {"Job": 30.0}


def test_names_and_meanings_do_not_decide_what_is_learnt() -> None:
    named = load_config(CONFIGS / "sparse_adaptive.yaml")
    stages = [
        {"active_meters": stage.active_meters, "depletion": stage.depletion, "reward": stage.reward}
        for stage in named.curriculum.stages
    ]
    unnamed = load_config(CONFIGS / "sparse_adaptive.yaml", {"curriculum.stages": stages})
    assert config_hash(unnamed) == config_hash(named)
    assert curriculum_summary(unnamed).stages[0].name == "Energy and hygiene"
