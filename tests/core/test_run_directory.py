"""Where a run's files are: the flag, the seed's environment variables, and which of them wins."""

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


def test_the_seeds_variables(tmp_path: Path) -> None:
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


def test_a_directory_that_does_not_exist_yet_is_told_by_its_slash(tmp_path: Path) -> None:
    assert locate(None, {"HAMLET_DB_PATH": f"{tmp_path}/new/"}) == in_folder(tmp_path / "new")


def test_the_log_may_live_elsewhere(tmp_path: Path) -> None:
    run = locate(None, {"HAMLET_DB_PATH": str(tmp_path), "HAMLET_EVENTS_PATH": "/fast/events.db"})
    assert run.events == Path("/fast/events.db")
    assert run.read_model == tmp_path / "demo_state.db"


def test_nothing_named_is_an_error_that_says_what_to_give() -> None:
    with pytest.raises(ConfigError, match=r"--run-dir DIR.*HAMLET_DB_PATH"):
        locate(None, {})
