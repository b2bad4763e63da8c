"""`producer town check` draws a town and says what is odd about it."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from core.config import load_config
from core.resources import find_config
from core.world_odd import find_odd, needs, regions
from tests.support.processes import run_command, run_successfully


def changed_quick(tmp_path: Path, world: dict[str, Any]) -> Path:
    """`quick.yaml` with another town."""
    path = tmp_path / "town.yaml"
    path.write_text(yaml.safe_dump({"extends": "quick", "world": world}))
    return path


@pytest.mark.parametrize(
    ("world", "sentence"),
    [
        (
            {"affordances": {"Statue": {"cell": [0, 0], "effects": {"mood": -0.1}}}},
            "nobody needs Statue: it pays nothing",
        ),
        (
            {"obstacles": [{"kind": "wall", "cell": [6, 7]}, {"kind": "water", "cell": [7, 6]}]},
            "1 cell around [7, 7] cannot be reached",
        ),
        (
            {
                "affordances": {"Bed": {"price": 0}},
                "meters": {"hygiene": {"vital": False}, "satiation": {"vital": False}},
            },
            "stage 1 can be lived in without work",
        ),
        ({"affordances": {"Shower": None}}, "nothing fills hygiene, so no episode lasts longer"),
        ({"meters": {"luck": {"start": 1.0}}}, "the meter luck counts in no stage"),
        (
            {"affordances": {"Job": None, "Bar": {"price": 90}}, "meters": {"money": {"start": 0.5}}},
            "nobody can pay Bar: nobody earns, and 50 is the most at the start",
        ),
        (
            {
                "affordances": {
                    "Cot": {
                        "cell": [0, 0],
                        "price": 9,
                        "effects": {"energy": 0.4},
                        "refuses_above": {"energy": 0.8},
                    }
                }
            },
            "Cot is never better than Bed",
        ),
    ],
)
def test_what_is_odd_is_said(tmp_path: Path, world: dict[str, Any], sentence: str) -> None:
    odd = find_odd(load_config(changed_quick(tmp_path, world)))
    assert any(said.startswith(sentence) for said in odd), odd
    usual = find_odd(load_config(find_config(Path("quick"))))
    assert not any(said.startswith(sentence) for said in usual)


def test_a_town_in_two_parts_has_two_regions_the_larger_first(tmp_path: Path) -> None:
    wall = {"kind": "wall", "cell": [3, 0], "to": [3, 7]}
    config = load_config(changed_quick(tmp_path, {"obstacles": [wall]}))
    assert [len(region) for region in regions(config.world)] == [32, 24]


def test_it_is_said_how_long_one_lives_without(tmp_path: Path) -> None:
    config = load_config(find_config(Path("quick")))
    assert needs(config)[0].text.startswith(
        "energy lasts 100 steps of walking, 200 without moving; filled by Bed,"
    )


def test_the_command_draws_the_town_as_text_and_as_svg(tmp_path: Path) -> None:
    obstacles = [{"kind": "wall", "cell": [0, 0], "to": [1, 0]}, {"kind": "water", "cell": [4, 4]}]
    svg = tmp_path / "town.svg"
    path = changed_quick(tmp_path, {"obstacles": obstacles})
    said = run_successfully("producer", "town", "check", path, "--svg", svg).splitlines()
    assert said[1].startswith("|# # . .")
    assert "~" in said[5]
    picture = ElementTree.parse(svg)
    namespace = "{http://www.w3.org/2000/svg}"
    assert len(picture.findall(f"{namespace}rect")) == 64
    assert "Bed" in [text.text for text in picture.findall(f"{namespace}text")]


def test_a_town_that_is_wrong_is_refused_with_the_key(tmp_path: Path) -> None:
    path = changed_quick(tmp_path, {"affordances": {"Bed": {"cell": [8, 0]}}})
    ended = run_command("producer", "town", "check", path)
    assert ended.returncode == 78
    assert "cell of Bed is [8, 0], outside the town; x goes from 0 to 7" in ended.stderr
