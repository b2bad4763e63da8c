"""Units made out for somebody's own user and folders."""

import getpass
import sys
from pathlib import Path

import pytest

from core.errors import ConfigError, StoreError
from core.resources import UNITS, resource_folder
from producer.run.systemd import ServiceOptions, install, make_units


def mine(folder: Path, config: Path) -> ServiceOptions:
    """Units for the run in `folder`/run, as the user of the tests."""
    return ServiceOptions(folder / "run", config, getpass.getuser())


def test_units_name_the_users_own_places_and_no_others(tmp_path: Path, small_config: Path) -> None:
    units = make_units(mine(tmp_path, small_config))
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


def test_many_runs_have_one_projector_and_one_server(tmp_path: Path) -> None:
    units = make_units(ServiceOptions(tmp_path / "runs", None, getpass.getuser(), "runs"))
    names = {"hamlet-projections@runs.service", "hamlet-server@runs.service", "hamlet@runs.target"}
    assert set(units) == names
    for name in names - {"hamlet@runs.target"}:
        assert f"Environment=HAMLET_RUNS_DIR={tmp_path}/runs\n" in units[name]
        assert "HAMLET_DB_PATH" not in units[name]
        assert "/var/lib/hamlet" not in units[name]
    install(units, tmp_path / "units")
    other = make_units(ServiceOptions(tmp_path / "runs", None, getpass.getuser(), "other", 8_766))
    with pytest.raises(ConfigError, match=f"has the run directory {tmp_path}/runs already"):
        install(other, tmp_path / "units")


def test_units_are_installed_whole(tmp_path: Path, small_config: Path) -> None:
    units = make_units(mine(tmp_path, small_config))
    install(units, tmp_path)
    for name, text in units.items():
        assert (tmp_path / name).read_text() == text
    # a new account has no folder for its units yet
    install(units, tmp_path / ".config" / "systemd" / "user")
    assert {path.name for path in (tmp_path / ".config" / "systemd" / "user").iterdir()} == set(units)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        install(units, tmp_path / "file" / "units")


def test_a_user_or_configuration_that_is_not_there_is_refused(tmp_path: Path, small_config: Path) -> None:
    with pytest.raises(ConfigError, match="--user nobody-by-this-name"):
        make_units(mine(tmp_path, small_config)._replace(account="nobody-by-this-name"))
    with pytest.raises(ConfigError, match=r"--config .*missing\.yaml"):
        make_units(mine(tmp_path, tmp_path / "missing.yaml"))


@pytest.mark.parametrize("name", ["my run", "100%", 'a"b', "a$b", "a\\b"])
def test_a_path_that_a_unit_cannot_name_is_refused(tmp_path: Path, small_config: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="a systemd unit cannot name this path"):
        make_units(mine(tmp_path, small_config)._replace(run_dir=tmp_path / name))


def test_a_second_run_overwrites_no_units_and_gets_its_own_by_name(
    tmp_path: Path, small_config: Path
) -> None:
    first = mine(tmp_path, small_config)
    install(make_units(first), tmp_path)
    install(make_units(first), tmp_path)  # the same again is no other run
    before = {path.name: path.read_text() for path in tmp_path.glob("hamlet*")}
    second = first._replace(run_dir=tmp_path / "second", port=8766)
    for clash, sentence in (
        (second, rf"hamlet-producer\.service: is there already, for the run in {tmp_path}/run; .* --name"),
        (second._replace(name="b", port=8765), r"hamlet-server\.service: has the port 8765 already"),
        (first._replace(name="b", port=8766), rf"has the run directory {tmp_path}/run already"),
        (second._replace(name="b/c"), r"--name b/c: write letters"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            install(make_units(clash), tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.glob("hamlet*")} == before

    units = make_units(second._replace(name="b"))
    install(units, tmp_path)
    assert set(units) == {
        "hamlet-producer@b.service",
        "hamlet-projections@b.service",
        "hamlet-server@b.service",
        "hamlet-snapshots@b.service",
        "hamlet-stream@b.service",
        "hamlet@b.target",
    }
    assert (
        "After=hamlet-server@b.service\nWants=hamlet-server@b.service\n"
        in units["hamlet-snapshots@b.service"]
    )
    assert all("PartOf=hamlet@b.target\n" in text for name, text in units.items() if name.endswith("service"))
    assert "HAMLET_VIZ_PORT=8766\n" in units["hamlet-server@b.service"]
    assert "HAMLET_BROWSER_URL=http://127.0.0.1:8766/\n" in units["hamlet-snapshots@b.service"]
    other = tmp_path / "other.yaml"
    other.touch()
    install(make_units(second._replace(name="b", config=other)), tmp_path, replace=True)
    assert f"HAMLET_CONFIG={other}\n" in (tmp_path / "hamlet-producer@b.service").read_text()


def test_units_of_a_user_need_no_root(tmp_path: Path, small_config: Path) -> None:
    units = make_units(mine(tmp_path, small_config)._replace(account=None))
    for text in units.values():
        for setting in ("User=", "ProtectSystem=", "PrivateNetwork=", "CapabilityBoundingSet=", "multi-user"):
            assert setting not in text
    assert "WantedBy=default.target" in units["hamlet.target"]
    assert "NoNewPrivileges=yes" in units["hamlet-producer.service"]
