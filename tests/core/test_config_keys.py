"""Old configuration keys: an error that names the new key in a file, read as the new key in a log."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import load_config, recorded_config
from core.config_keys import RENAMED_KEYS, migrate_config, migrate_key
from core.config_schema import RunConfig
from core.errors import ConfigError

DEFAULT = Path(__file__).parents[2] / "configs" / "townlet" / "sparse_adaptive.yaml"
SECTIONS: dict[str, Any] = msgspec.to_builtins(load_config(DEFAULT))


def sections_at(path: str) -> list[dict[str, Any]]:
    """The sections of the default configuration that `path` (with `[]` for every element) leads to."""
    found: list[Any] = [SECTIONS]
    for name in path.replace("[]", ".[]").split("."):
        found = [inner for section in found for inner in (section if name == "[]" else [section[name]])]
    return found


@pytest.mark.parametrize("old", RENAMED_KEYS)
def test_the_new_key_exists_and_the_old_one_does_not(old: str) -> None:
    section, _, key = old.rpartition(".")
    for found in sections_at(section):
        assert key not in found
        assert RENAMED_KEYS[old] in found


@pytest.mark.parametrize("old", [key for key in RENAMED_KEYS if "[]" not in key])
def test_an_old_key_in_a_file_is_an_error_that_names_the_new_one(old: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(DEFAULT, {old: 1})
    assert str(caught.value) == f"{DEFAULT}: {old} has a new name; write {migrate_key(old)} instead"


def test_an_old_key_of_an_affordance_is_named_with_its_place() -> None:
    affordances = [place | {"tired": None} for place in SECTIONS["world"]["affordances"]]
    with pytest.raises(ConfigError) as caught:
        load_config(DEFAULT, {"world.affordances": affordances})
    assert "world.affordances[0].tired has a new name; write world.affordances[0].reduced_wage" in str(
        caught.value
    )


def with_old_keys(value: Any, path: str = "") -> Any:
    old = {f"{key.rpartition('.')[0]}.{new}": key.rpartition(".")[2] for key, new in RENAMED_KEYS.items()}
    if isinstance(value, dict):
        pairs = ((key, inner, f"{path}.{key}" if path else key) for key, inner in value.items())
        return {old.get(here, key): with_old_keys(inner, here) for key, inner, here in pairs}
    if isinstance(value, list):
        return [with_old_keys(inner, f"{path}[]") for inner in value]
    return value


def test_the_configuration_of_an_old_log_is_read() -> None:
    recorded = with_old_keys(SECTIONS)
    assert recorded["world"]["purse"] == "money"
    assert recorded["world"]["affordances"][4]["tired"]["wage"] == 15
    assert recorded_config(recorded, "the log") == load_config(DEFAULT)


def test_today_s_configuration_is_left_as_it_is() -> None:
    assert migrate_config(SECTIONS) == SECTIONS
    assert msgspec.convert(migrate_config(SECTIONS), RunConfig) == load_config(DEFAULT)
