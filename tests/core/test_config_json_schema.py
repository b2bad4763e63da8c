"""Editors check configuration files by a schema that accepts what `load_config` accepts."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.config_files import parse_yaml
from core.config_json_schema import config_json_schema

FOLDER = Path(__file__).parents[2] / "configs" / "townlet"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = config_json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_configuration_we_ship_is_valid_in_an_editor(
    path: Path, validator: Draft202012Validator
) -> None:
    assert [error.message for error in validator.iter_errors(parse_yaml(path.read_text()))] == []


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        ({"extends": "quick", "world": {"affordances": {"Gym": None, "Bed": {"price": 6}}}}, True),
        ({"world": {"obstacles": [{"kind": "wall", "cell": [0, 1], "to": [0, 3]}]}}, True),
        ({"wrold": {}}, False),
        ({"world": {"affordances": {"Bed": {"prize": 6}}}}, False),
        ({"world": {"obstacles": [{"kind": "fence", "cell": [0, 1]}]}}, False),
        ({"population": {"gamma": 2}}, False),
    ],
)
def test_a_wrong_key_or_value_is_underlined(
    data: dict[str, Any], valid: bool, validator: Draft202012Validator
) -> None:
    assert validator.is_valid(data) is valid


def test_the_keys_are_explained() -> None:
    definitions = config_json_schema()["$defs"]
    assert "ends when this meter" in definitions["Meter"]["properties"]["vital"]["description"]
    assert definitions["World"]["properties"]["obstacles"]["description"] == "Walls and water."
