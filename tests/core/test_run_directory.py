"""Where a run's files are: the flag, the environment variables, and which of them wins."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.run_directory import in_folder, locate


def test_a_run_directory_holds_everything() -> None:
    run = in_folder(Path("/runs/demo"))
    assert run.events == Path("/runs/demo/events.db")
    assert run.read_model == Path("/runs/demo/demo_state.db")
    assert [run.checkpoints.name, run.snapshots.name, run.exports.name] == [
        "checkpoints",
        "snapshots",
        "exports",
    ]


def test_the_flag_wins_over_every_variable(tmp_path: Path) -> None:
    environment = {"HAMLET_DB_PATH": "/elsewhere/", "HAMLET_CHECKPOINT_DIR": "/elsewhere/checkpoints"}
    assert locate(tmp_path, environment) == in_folder(tmp_path)


def test_each_place_may_be_named_by_a_variable(tmp_path: Path) -> None:
    run = locate(
        None,
        {
            "HAMLET_DB_PATH": f"{tmp_path}/state.db",
            "HAMLET_CHECKPOINT_DIR": f"{tmp_path}/saved",
            "HAMLET_SNAPSHOT_DIR": f"{tmp_path}/pictures/snapshots",
        },
    )
    assert run.read_model == tmp_path / "state.db"
    assert run.events == tmp_path / "events.db"
    assert run.checkpoints == tmp_path / "saved"
    assert run.snapshots == tmp_path / "pictures" / "snapshots"
    assert run.exports == tmp_path / "pictures" / "exports"


@pytest.mark.parametrize("suffix", ["", "/"])
def test_hamlet_db_path_may_name_a_directory(tmp_path: Path, suffix: str) -> None:
    assert locate(None, {"HAMLET_DB_PATH": f"{tmp_path}{suffix}"}) == in_folder(tmp_path)


@pytest.mark.parametrize("name", ["new/", "new", "runs/new", "new.db/", "of 2026.11"])
def test_a_name_that_does_not_end_in_db_is_a_directory_also_before_it_exists(
    tmp_path: Path, name: str
) -> None:
    assert locate(None, {"HAMLET_DB_PATH": f"{tmp_path}/{name}"}) == in_folder(tmp_path / name)
    run = locate(None, {"HAMLET_DB_PATH": str(tmp_path), "HAMLET_EVENTS_PATH": f"{tmp_path}/{name}"})
    assert run.events == tmp_path / name / "events.db"


@pytest.mark.parametrize("variable", ["HAMLET_DB_PATH", "HAMLET_EVENTS_PATH"])
def test_a_file_that_is_no_db_is_refused(tmp_path: Path, variable: str) -> None:
    (tmp_path / "notes.txt").touch()
    environment = {"HAMLET_DB_PATH": str(tmp_path)} | {variable: f"{tmp_path}/notes.txt"}
    with pytest.raises(ConfigError, match=rf"{variable}: .*notes\.txt is a file whose name"):
        locate(None, environment)


@pytest.mark.parametrize(
    "variables",
    [
        {"HAMLET_DB_PATH": "events.db"},
        {"HAMLET_DB_PATH": "state.db", "HAMLET_EVENTS_PATH": "state.db"},
    ],
)
def test_one_file_cannot_be_log_and_read_model(tmp_path: Path, variables: dict[str, str]) -> None:
    environment = {name: f"{tmp_path}/{path}" for name, path in variables.items()}
    with pytest.raises(ConfigError, match="the log and the read model at once"):
        locate(None, environment)


def test_the_log_may_live_elsewhere(tmp_path: Path) -> None:
    run = locate(None, {"HAMLET_DB_PATH": str(tmp_path), "HAMLET_EVENTS_PATH": "/fast/events.db"})
    assert run.events == Path("/fast/events.db")
    assert run.read_model == tmp_path / "demo_state.db"


def test_nothing_named_is_an_error_that_says_what_to_give() -> None:
    with pytest.raises(ConfigError, match=r"--run-dir DIR.*HAMLET_DB_PATH"):
        locate(None, {})
