"""Towns for the editor: what is wrong and what is odd is answered, and nothing of the server's machine is."""

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from core.config import load_config
from core.config_write import as_plain_data
from core.resources import configurations
from server.towns import TownAnswer, TownQuestion, answer_question
from tests.support.servers import Serve


def quick(**world: Any) -> TownAnswer:
    """The answer about `quick` with some keys of its town changed."""
    config = as_plain_data(load_config(configurations()["quick"]))
    config["world"] |= world
    return answer_question(TownQuestion(config=config, extends="quick"))


def test_a_shipped_town_is_answered_with_its_file_and_its_needs() -> None:
    answer = quick()
    assert answer.problems == []
    assert answer.yaml == "extends: quick\n"
    energy = answer.needs[0]
    assert (energy.meter, energy.walking, energy.still) == ("energy", 100, 200)


def test_every_problem_has_the_key_of_its_field() -> None:
    meters = [{"name": "warmth", "start": 1.0, "drain": 0.01, "vital": True}]
    places = [
        {"name": "Stove", "cell": [8, 0], "effects": {"warmth": 0.5}},
        {"name": "Stove", "cell": [8, 0], "price": 3},
    ]
    answer = quick(meters=meters, affordances=places, couplings=[], money_meter=None)
    assert [problem.key for problem in answer.problems[:5]] == [
        "world.affordances[1].name",
        "world.affordances[0].cell",
        "world.affordances[1].cell",
        "world.affordances[1].cell",
        "world.affordances[1].price",
    ]
    assert answer.config is not None
    assert answer.odd == []


@pytest.mark.parametrize(
    ("world", "key"),
    [
        ({"width": "wide"}, "world.width"),
        ({"width": 65, "height": 65}, "world.width"),
        ({"meters": [{"name": "warmth", "start": 1.0, "drain": -0.1}]}, "world.meters[0].drain"),
        ({"obstacles": [{"kind": "fence", "cell": [0, 0]}]}, "world.obstacles[0].kind"),
        (
            {"obstacles": [{"kind": "wall", "cell": [0, 0], "to": [10**9, 10**9]}]},
            "world.obstacles[0].to",
        ),
        ({"obstacles": [{"kind": "wall", "cell": [0, 0], "to": [7, 6]}] * 1000}, "world.obstacles"),
        ({"colour": "red"}, "world.colour"),
    ],
)
def test_values_that_cannot_be_are_named_by_their_key(world: dict[str, Any], key: str) -> None:
    assert quick(**world).problems[0].key == key


def test_what_is_odd_is_said() -> None:
    wall = [{"kind": "wall", "cell": [6, 7]}, {"kind": "water", "cell": [7, 6]}]
    assert any("cannot be reached" in odd for odd in quick(obstacles=wall).odd)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [", "the text:1: not valid YAML"),
        ("extends: ../../etc/passwd", "only `producer town check FILE` can read other files"),
        ("world: &town [*town]", "an alias names what it stands in"),
        ("extends: quick\nworld: {width: 4, width: 5}", "the key width is given twice"),
        ("extends: quick\nworld: {affordances: {Bed: {cell: [9, 9]}}}", "cell of Bed is [9, 9], outside"),
        ("extends: quick\nworld: {wdth: 4}", "unknown key world.wdth; did you mean width?"),
    ],
)
def test_a_text_that_is_no_town_is_answered_with_a_sentence(text: str, sentence: str) -> None:
    answer = answer_question(TownQuestion(text=text))
    assert sentence in answer.problems[0].text
    assert str(Path.cwd()) not in answer.problems[0].text


def ask(address: str, body: bytes) -> Any:
    with urlopen(Request(f"{address}/api/town/check", body, method="POST"), timeout=120) as answer:
        return json.load(answer)


def test_a_server_answers_and_refuses_with_a_sentence(serve: Serve, run_dir: Path) -> None:
    address = f"http://{serve(run_dir)}"
    with urlopen(f"{address}/api/towns", timeout=120) as answer:
        towns = json.load(answer)
    assert [town["name"] for town in towns] == list(configurations())
    assert all(town["description"] for town in towns)
    answered = ask(address, json.dumps({"text": "extends: quick"}).encode())
    assert answered["yaml"] == "extends: quick\n"
    assert answered["config"]["world"]["width"] == 8
    deep = b'{"config": {"world": ' + b"[" * 900 + b"]" * 900 + b"}}"
    for body in (b"", b"[]", b'{"text": 3}', b"\xff", b'{"file": ""}', b'{"config": ' + b"[" * 5_000, deep):
        with pytest.raises(HTTPError) as refused:
            ask(address, body)
        assert refused.value.code == 400
        assert "the question cannot be read" in json.load(refused.value)["error"]
    with urlopen(f"{address}/editor", timeout=120) as page:
        assert page.headers["content-type"].startswith("text/html")
