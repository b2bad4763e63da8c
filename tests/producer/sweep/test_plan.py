"""The plan of a sweep: which runs there are, what they are called, and what is refused."""

from pathlib import Path

import pytest

from core.config import load_config
from core.errors import ConfigError, StoreError
from producer.sweep.plan import (
    Parent,
    make_plan,
    parse_parent,
    parse_seeds,
    parse_values,
    read_plan,
    write_plan,
)
from producer.sweep.sweep import agreed_plan
from tests.support.training import DEFAULT_CONFIG


def test_every_value_is_tried_with_every_seed() -> None:
    plan = make_plan(
        parse_seeds("0-1,5"),
        parse_values(["population.gamma=0.9,0.95", "exploration.novelty=none,rnd"]),
        load_config(DEFAULT_CONFIG),
        "sparse_adaptive",
    )
    assert len(plan.runs) == 2 * 2 * 3
    assert plan.runs[0].name == "gamma=0.9,novelty=none/seed-0"
    last = plan.config_of(plan.runs[-1])
    assert (last.experiment.seed, last.population.gamma, last.exploration.novelty) == (5, 0.95, "rnd")


def test_names_tell_runs_apart_and_are_safe_as_folders() -> None:
    values = parse_values(["world.when_low=[a/b],[a b],['..']"])
    names = {run.name for run in make_plan([0], values, parent=Parent("parent", 1)).runs}
    assert len(names) == 3
    assert not any(part in ("", ".", "..") for name in names for part in name.split("/"))
    assert all(name.count("/") == 1 for name in names)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    values = parse_values(["population.learning_rate=1e-4,0.001", "experiment.name=true,'true'"])
    plan = make_plan([0, 7], {"population.learning_rate": values["population.learning_rate"]},
                     load_config(DEFAULT_CONFIG), "it")  # fmt: skip
    write_plan(tmp_path, plan)
    assert read_plan(tmp_path) == plan
    assert agreed_plan(tmp_path, plan) == plan
    assert agreed_plan(tmp_path, None) == plan


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no seed"),
        ("a", "no seed"),
        ("3-1", "smaller one first"),
        ("0-3,2", "2 is given twice"),
        ("0-99999999", "at most 10,000"),
        (str(2**53), "the largest seed"),
        ("-1", "no seed"),
    ],
)
def test_wrong_seeds(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_seeds(text)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["population.gamma"], "write key=value,value"),
        (["population.gamma="], "there is no value"),
        (["population.gamma=0.9", "population.gamma=0.8"], "is given twice"),
        (["population.gamma=0.9,0.9"], "0.9 is given twice"),
        (["population.gamma=[1"], "not valid YAML"),
        (["experiment.seed=1,2"], "--seeds"),
    ],
)
def test_wrong_settings(settings: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_values(settings)


@pytest.mark.parametrize("text", ["runs/demo", "@5", "runs/demo@", "runs/demo@0", "runs/demo@-1", "d@1.5"])
def test_wrong_parents(text: str) -> None:
    with pytest.raises(ConfigError, match="RUN_DIR@EPISODE"):
        parse_parent(text)


def test_a_setting_that_does_not_fit_is_refused_before_anything_is_written() -> None:
    with pytest.raises(ConfigError, match=r"population\.gama.*did you mean gamma"):
        make_plan([0], parse_values(["population.gama=0.9"]), load_config(DEFAULT_CONFIG), "it")


def test_another_plan_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    plan = make_plan([0], {}, load_config(DEFAULT_CONFIG), "it")
    write_plan(tmp_path, plan)
    with pytest.raises(ConfigError, match="another plan"):
        agreed_plan(tmp_path, make_plan([0, 1], {}, load_config(DEFAULT_CONFIG), "it"))


def test_there_must_be_a_plan_to_go_on_with(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no plan to go on with"):
        agreed_plan(tmp_path, None)


def test_a_run_that_is_there_is_never_taken_for_one_of_a_new_plan(tmp_path: Path) -> None:
    (tmp_path / "seed-0").mkdir()
    (tmp_path / "seed-0/events.db").write_bytes(b"anything")
    with pytest.raises(StoreError, match="not of this sweep"):
        agreed_plan(tmp_path, make_plan([0], {}, load_config(DEFAULT_CONFIG), "it"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runs: 3", "no plan of a sweep"),
        ("[", "no plan of a sweep"),
        ("version: '1'\nruns: [{name: ../x, seed: 0}]", "no name of a run"),
        ("version: '1'\nruns: [{name: /x, seed: 0}]", "no name of a run"),
        ("version: '1'\nruns: [{name: x, seed: 0}, {name: x, seed: 1}]", "two runs x"),
        ("version: '1'\nruns: []\nmore: 1", "no plan of a sweep"),
    ],
)
def test_a_damaged_plan(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "sweep.yaml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_plan(tmp_path)
