"""What is written as a file is read as the same configuration."""

import copy
from typing import Any

import pytest

from core.config import config_from_dict, load_config
from core.config_files import read_config_text
from core.config_write import as_plain_data, config_text
from core.errors import ConfigError
from core.resources import configurations

SHIPPED = tuple(configurations())


def plain(name: str) -> dict[str, Any]:
    return as_plain_data(load_config(configurations()[name]))


def assert_read_again(data: dict[str, Any], extends: str | None) -> None:
    read, named = read_config_text(config_text(data, extends))
    assert named == extends
    assert config_from_dict(read, "the text") == config_from_dict(data, "the data")


@pytest.mark.parametrize("extends", [None, *SHIPPED])
@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_configuration_is_read_again(name: str, extends: str | None) -> None:
    assert_read_again(plain(name), extends)


def test_only_what_differs_is_written() -> None:
    data = plain("sparse_adaptive")
    assert config_text(data, "sparse_adaptive") == "extends: sparse_adaptive\n"
    data["world"]["affordances"][0]["cell"] = [3, 4]
    data["training"]["num_episodes"] = 20
    assert sorted(config_text(data, "sparse_adaptive").split("\n")) == sorted(
        [
            "extends: sparse_adaptive",
            "",
            "world:",
            "  affordances:",
            "    Bed: {cell: [3, 4]}",
            "",
            "training:",
            "  num_episodes: 20",
            "",
        ]
    )


def _rename(world: dict[str, Any]) -> None:
    world["affordances"][0]["name"] = 'Cot: a {bed}, "quoted" #1'


def _break_lines(world: dict[str, Any]) -> None:
    world["meters"][0]["when_low"] = "tired\n and, 'sleepy'\u2028\t"


def _take_an_effect_out(world: dict[str, Any]) -> None:
    del world["affordances"][0]["effects"]["energy"]


def _turn_round(world: dict[str, Any]) -> None:
    world["affordances"].reverse()


def _take_out_and_add(world: dict[str, Any]) -> None:
    del world["affordances"][2]
    world["affordances"].append({"name": "yes", "cell": [0, 0], "effects": {"mood": 1e-7}})


def _name_like_a_number(world: dict[str, Any]) -> None:
    world["affordances"][0]["name"] = "5e-4"
    world["affordances"][1]["name"] = "null"


def _take_the_reduced_wage_out(world: dict[str, Any]) -> None:
    for place in world["affordances"]:
        place["reduced_wage"] = None


def _wall(world: dict[str, Any]) -> None:
    world["obstacles"] = [{"kind": "wall", "cell": [3, 0], "to": [3, 1]}]


@pytest.mark.parametrize("extends", [None, *SHIPPED])
@pytest.mark.parametrize(
    "change",
    [
        _rename,
        _break_lines,
        _take_an_effect_out,
        _turn_round,
        _take_out_and_add,
        _name_like_a_number,
        _take_the_reduced_wage_out,
        _wall,
    ],
)
def test_every_change_is_read_again(change: Any, extends: str | None) -> None:
    data = plain("sparse_adaptive")
    changed = copy.deepcopy(data)
    change(changed["world"])
    assert changed != data
    assert_read_again(changed, extends)


def test_what_is_wrong_is_written_as_it_is() -> None:
    data = plain("quick")
    data["world"]["affordances"][0] |= {"price": "five", "cell": [99, 0], "name": ""}
    data["world"]["meters"] = None
    for extends in (None, "quick"):
        read, _ = read_config_text(config_text(data, extends))
        assert read["world"]["affordances"][0]["price"] == "five"
        assert read["world"]["meters"] is None


def test_a_text_may_extend_only_what_comes_along() -> None:
    with pytest.raises(ConfigError, match="extends names 'nowhere'; known here are"):
        config_text(plain("quick"), "nowhere")
    for named in ("quick.yaml", "/etc/passwd", "pyproject.toml", "[quick]", "3"):
        with pytest.raises(ConfigError, match="only `producer town check FILE` can read other files"):
            read_config_text(f"extends: {named}\n")
