"""A configuration that is wrong is refused with one sentence that helps; the hash knows what matters."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import config_from_dict, config_hash, load_config
from core.errors import ConfigError

FOLDER = Path(__file__).parents[2] / "configs" / "townlet"
DEFAULT = FOLDER / "sparse_adaptive.yaml"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_configuration_we_ship_is_valid(path: Path) -> None:
    config = load_config(path)
    assert config.experiment.name == path.stem


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"training.num_episods": 3}, "unknown key training.num_episods; did you mean num_episodes?"),
        ({"training.num_episodes": "x"}, "training.num_episodes: expected int, got str, but it is 'x'"),
        ({"training.num_episodes": 0}, "training.num_episodes: expected int >= 1, but it is 0"),
        ({"population.gamma": 1.5}, "population.gamma: expected float <= 1.0, but it is 1.5"),
        (
            {"experiment.seed": 2**52},
            "experiment.seed: expected int <= 4503599627370495, but",
        ),
        ({"experiment.seed": 2**63}, "experiment.seed: expected int <= 4503599627370495"),
        ({"experiment.seed": -1}, "experiment.seed: expected int >= 0, but it is -1"),
        ({"trainig": {}}, "unknown key trainig; did you mean training?"),
        ({"population": None}, "population: expected object, got null"),
        ({"world.meters": []}, "world.meters is empty; a town needs at least one"),
        (
            {"training.pace": {"episode_per_hour": 3}},
            "unknown key training.pace.episode_per_hour; did you mean episodes_per_hour?",
        ),
        (
            {"curriculum.stages": [{"active_meters": ["enrgy"], "depletion": 1.0, "reward": "shaped"}]},
            "curriculum.stages[0].active_meters names 'enrgy'; did you mean energy?",
        ),
        (
            {"curriculum.stages": [{"active_meters": ["energy"], "depletion": 1.0, "reward": "dense"}]},
            "curriculum.stages[0].reward: expected one of shaped, sparse, but it is 'dense'",
        ),
        (
            {"curriculum.stages": [{"active_meters": ["mood"], "depletion": 1.0, "reward": "shaped"}]},
            "curriculum.stages[0].active_meters has no vital meter, so no episode could end before its limit;"
            " add one of energy, hygiene, satiation",
        ),
        (
            {"curriculum.stages": [{"active_meters": ["energy"], "depletion": 1.0, "reward": "shaped"}] * 13},
            "curriculum.stages: expected array of length <= 12",
        ),
        ({"world.width": 257}, "world.width: expected int <= 256, but it is 257"),
        ({"world.width": 65, "world.height": 65}, "world.width × world.height is 65 × 65 = 4225 cells"),
        (
            {"world.obstacles": [{"kind": "fence", "cell": [0, 0]}]},
            "world.obstacles[0].kind: expected one of wall, water, but it is 'fence'",
        ),
        (
            {"curriculum.stages": [{"active_meters": [], "depletion": 1.0, "reward": "sparse"}]},
            "curriculum.stages[0].active_meters is empty; name at least one meter",
        ),
        (
            {"curriculum.stages": [{"depletion": 1.0, "reward": "sparse"}]},
            "curriculum.stages[0]: missing key active_meters",
        ),
        ({"curriculum.start_stage": 6}, "curriculum.start_stage is 6; there are 5 stages"),
        (
            {"population.replay_buffer_capacity": 10},
            "population.replay_buffer_capacity is 10; 32 agents in rollouts of 8 steps need at least 256",
        ),
        *(
            ({"training.pace": {"episodes_per_hour": value}}, f"pace.episodes_per_hour: {message}")
            for value, message in (
                (float("inf"), "expected a finite number, but it is inf"),
                (float("nan"), "expected float > 0.0, but it is nan"),
                (10**22, "expected at most 9,007,199,254,740,991, but it is 1"),
            )
        ),
        ({"training.num_episodes": 2**63}, "training.num_episodes: expected at most 9,007,199,254,740,991"),
    ],
)
def test_a_wrong_key_or_value_is_named(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(DEFAULT, overrides)
    assert str(caught.value).startswith(f"{DEFAULT}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [\n", "not valid YAML"),
        ("- 1\n", "holds no sections; it needs experiment, world"),
        ("", "holds no sections"),
        ("extends: nowhere.yaml\n", "run.yaml: extends nowhere.yaml: no such file"),
        ("extends: run.yaml\n", "extends itself"),
        ("extends: 3\n", "extends is 3; give the name of a YAML file"),
        (
            "training: {}\nworld: {}\ntraining: {}\n",
            "run.yaml:3: not valid YAML: the key training is given twice",
        ),
        ("a: {b: 1,\n  b: 2}\n", "run.yaml:2: not valid YAML: the key b is given twice"),
        ("a: " + "[" * 100_000, "lists or mappings are nested too deeply"),
        ("a: " + "9" * 5_000, "run.yaml:1: not valid YAML: 9999"),
        ("a: 1\nb: 2001-99-99\n", "run.yaml:2: not valid YAML: 2001-99-99 can be no value"),
        ("world: &town [*town]\n", "run.yaml:1: not valid YAML: an alias names what it stands in"),
        (
            "world:\n- &a0 [x, x]\n" + "".join(f"- &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 64)),
            "not valid YAML: its aliases make more than 100,000 values of it",
        ),
    ],
)
def test_a_file_that_is_no_configuration_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"run\.yaml|nowhere\.yaml") as caught:
        load_config(path)
    assert message in str(caught.value)


@pytest.mark.parametrize("back", ["first.yaml", "./first.yaml", "../towns/first.yaml"])
def test_files_that_extend_each_other_are_named(tmp_path: Path, back: str) -> None:
    folder = tmp_path / "towns"
    folder.mkdir()
    (folder / "first.yaml").write_text("extends: second.yaml\n")
    (folder / "second.yaml").write_text(f"extends: {back}\n")
    with pytest.raises(ConfigError, match=r"extends itself, by way of .*; the chain of files must end"):
        load_config(folder / "first.yaml")


def test_aliases_may_be_used(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    effects = "world: {affordances: {Bed: {effects: &sleep {energy: 0.3}}, Bar: {effects: *sleep}}}"
    path.write_text(f"extends: quick\n{effects}\n")
    bed, *_ = (place for place in load_config(path).world.affordances if place.name == "Bed")
    assert bed.effects["energy"] == 0.3


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_config(path)


def test_extending_changes_only_what_is_named() -> None:
    default, days = load_config(DEFAULT), load_config(FOLDER / "multi_day.yaml")
    assert days.training.pace is not None
    assert days.training.pace.episodes_per_hour == 150
    assert msgspec.structs.replace(days.training, pace=None) == default.training
    assert days.world == default.world
    assert days.curriculum == default.curriculum


def test_scientific_notation_is_a_number(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(f"extends: {DEFAULT}\npopulation: {{learning_rate: 5e-4}}\n")
    assert load_config(path).population.learning_rate == 0.0005


def test_length_and_pace_leave_the_hash_alone_and_nothing_else_does() -> None:
    default = config_hash(load_config(DEFAULT))
    same = {"training.num_episodes": 7, "training.pace": {"episodes_per_hour": 3.0}}
    assert config_hash(load_config(DEFAULT, same)) == default
    for key, value in (
        ("experiment.seed", 1),
        ("training.checkpoint_every", 50),
        ("population.gamma", 0.98),
        ("world.dollars_when_full", 99.0),
    ):
        assert config_hash(load_config(DEFAULT, {key: value})) != default, key


def test_a_configuration_survives_the_log() -> None:
    config = load_config(DEFAULT)
    assert config_from_dict(msgspec.json.decode(msgspec.json.encode(config)), "run_started") == config
