"""A file that extends another adds, changes and takes out by name, and says what it did."""

from pathlib import Path

import msgspec
import pytest

from core.config import config_hash, load_config, overridden, recorded_config
from core.config_schema import RunConfig
from core.errors import ConfigError
from core.resources import find_config

DEFAULT = load_config(find_config(Path("sparse_adaptive")))
NAMES = DEFAULT.world.affordance_names


def loaded(tmp_path: Path, text: str) -> tuple[RunConfig, list[str]]:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    sentences: list[str] = []
    return load_config(path, report=sentences.append), sentences


@pytest.mark.parametrize("name", ["sparse_adaptive", "multi_day", "quick"])
def test_extends_knows_the_names_that_the_option_knows(tmp_path: Path, name: str) -> None:
    config, sentences = loaded(tmp_path, f"extends: {name}\n")
    assert config == load_config(find_config(Path(name)))
    assert sentences == []


def test_a_file_beside_is_meant_before_one_that_comes_along(tmp_path: Path) -> None:
    (tmp_path / "quick").write_text("extends: sparse_adaptive\nexperiment: {name: mine}\n")
    config, _ = loaded(tmp_path, "extends: quick\n")
    assert config.experiment.name == "mine"


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"run\.yaml: extends quik: .* one of multi_day, no_money, quick, reward"
    ):
        loaded(tmp_path, "extends: quik\n")


def test_affordances_are_added_changed_and_taken_out_by_name(tmp_path: Path) -> None:
    config, (sentence,) = loaded(
        tmp_path,
        f"""
extends: sparse_adaptive
world:
  affordances:
    Library: {{cell: [4, 2], effects: {{mood: 0.3}}}}
    {NAMES[0]}: {{price: 6, effects: {{energy: 0.6}}}}
    {NAMES[-1]}: null
""",
    )
    before, after = DEFAULT.world.affordances, config.world.affordances
    assert config.world.affordance_names == [*NAMES[:-1], "Library"]
    assert after[1:-1] == before[1:-1]
    assert (after[0].price, after[0].effects["energy"]) == (6, 0.6)
    assert (after[0].cell, after[0].refuses_above) == (before[0].cell, before[0].refuses_above)
    assert sentence == (
        f"{tmp_path / 'run.yaml'}: world.affordances: {NAMES[0]} is changed, Library is added,"
        f" {NAMES[-1]} is left out"
    )


def test_meters_and_stages_are_changed_by_name_too(tmp_path: Path) -> None:
    meter, stage = DEFAULT.world.meters[-1].name, DEFAULT.curriculum.stages[0].name
    text = f"extends: sparse_adaptive\nworld: {{meters: {{{meter}: {{start: 0.25}}}}}}\n"
    text += f"curriculum: {{stages: {{{stage}: {{depletion: 0.3}}}}}}\n"
    config, sentences = loaded(tmp_path, text)
    assert config.world.meters[-1].start == 0.25
    assert config.world.meters[:-1] == DEFAULT.world.meters[:-1]
    assert config.curriculum.stages[0].depletion == 0.3
    assert config.curriculum.stages[1:] == DEFAULT.curriculum.stages[1:]
    assert len(sentences) == 2


def test_a_list_replaces_the_whole_list_and_what_is_gone_is_said(tmp_path: Path) -> None:
    config, (sentence,) = loaded(
        tmp_path,
        f"extends: quick\nworld: {{affordances: [{{name: {NAMES[0]}, cell: [0, 0]}}]}}\n",
    )
    assert config.world.affordance_names == NAMES[:1]
    assert "world.affordances replaces the whole list, so " in sentence
    for name in NAMES[1:]:
        assert name in sentence
    assert "a mapping by name, in place of the list, adds and changes" in sentence


def test_a_mapping_by_name_needs_no_file_to_extend(tmp_path: Path) -> None:
    text = find_config(Path("sparse_adaptive")).read_text()
    start, end = text.index("  couplings:"), text.index("  affordances:")
    meters = text[text.index("  meters:") : start]
    by_name = "  meters:\n" + "".join(
        f"    {meter.name}: {{start: {list(meter.start_range)}, drain: {meter.drain},"
        f" move_cost: {meter.move_cost}, vital: {str(meter.vital).lower()}}}\n"
        for meter in DEFAULT.world.meters
    )
    config, sentences = loaded(tmp_path, text.replace(meters, by_name))
    assert config.world.meter_names == DEFAULT.world.meter_names
    assert config.world.couplings == DEFAULT.world.couplings
    assert (sentences, text[start:end] != "") == ([], True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("{Sauna: null}", "world.affordances.Sauna is null, which leaves it out, but there is none"),
        ("{Sauna: 3}", "world.affordances.Sauna is 3; write a mapping of its keys, or null"),
        ("{Sauna: {price: 3}}", "world.affordances[8]: missing key cell"),
        ("{Sauna: {cell: [3, 3], prize: 3}}", "unknown key world.affordances[8].prize; did you mean price?"),
    ],
)
def test_a_wrong_change_by_name_is_named(tmp_path: Path, changes: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, f"extends: sparse_adaptive\nworld: {{affordances: {changes}}}\n")
    assert str(caught.value).startswith(f"{tmp_path / 'run.yaml'}: ")
    assert message in str(caught.value)


def test_an_option_changes_one_element_by_name() -> None:
    changed = overridden(DEFAULT, {f"world.affordances.{NAMES[0]}.price": 9}, "--set")
    assert changed.world.affordances[0].price == 9
    assert changed.world.affordances[1:] == DEFAULT.world.affordances[1:]
    with pytest.raises(ConfigError, match=r"^--set: .*\[8\]: missing key cell"):
        overridden(DEFAULT, {"world.affordances.Nowhere.price": 9}, "--set")


def test_a_recorded_configuration_holds_lists() -> None:
    """What a log holds can be read without the file that was extended."""
    changed = overridden(DEFAULT, {f"world.affordances.{NAMES[0]}.price": 9}, "--set")
    assert recorded_config(msgspec.to_builtins(changed), "log") == changed
    assert config_hash(changed) != config_hash(DEFAULT)
