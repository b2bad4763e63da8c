"""Units made out for somebody's own user and folders."""

import getpass
import sys
from pathlib import Path

import pytest

from core.errors import ConfigError, StoreError
from core.resources import UNITS, resource_folder
from producer.run.systemd import install, make_out


def test_units_name_the_users_own_places_and_no_others(tmp_path: Path, small_config: Path) -> None:
    units = make_out(getpass.getuser(), tmp_path / "run", small_config)
    assert set(units) == {path.name for path in resource_folder(UNITS).iterdir()}
    trainer = units["hamlet-producer.service"]
    assert f"User={getpass.getuser()}\n" in trainer
    assert f"Environment=HAMLET_CONFIG={small_config}\n" in trainer
    assert f"Environment=HAMLET_DB_PATH={tmp_path}/run/demo_state.db\n" in trainer
    assert f"ReadWritePaths={tmp_path}/run\n" in trainer
    assert f"ExecStart={Path(sys.executable).parent}/producer run\n" in trainer
    for text in units.values():
        assert "/opt/hamlet" not in text
        assert "/var/lib/hamlet" not in text


def test_units_are_installed_whole(tmp_path: Path, small_config: Path) -> None:
    units = make_out(getpass.getuser(), tmp_path / "run", small_config)
    install(units, tmp_path)
    for name, text in units.items():
        assert (tmp_path / name).read_text() == text
    with pytest.raises(StoreError, match="cannot be written"):
        install(units, tmp_path / "nowhere")


def test_a_user_or_configuration_that_is_not_there_is_refused(tmp_path: Path, small_config: Path) -> None:
    with pytest.raises(ConfigError, match="--user nobody-by-this-name"):
        make_out("nobody-by-this-name", tmp_path, small_config)
    with pytest.raises(ConfigError, match=r"--config .*missing\.yaml"):
        make_out(getpass.getuser(), tmp_path, tmp_path / "missing.yaml")


@pytest.mark.parametrize("name", ["my run", "100%", 'a"b', "a$b", "a\\b"])
def test_a_path_that_a_unit_cannot_name_is_refused(tmp_path: Path, small_config: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="a systemd unit cannot name this path"):
        make_out(getpass.getuser(), tmp_path / name, small_config)
