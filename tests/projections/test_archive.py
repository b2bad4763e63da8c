"""Archives: everything comes back, a flipped bit is found, and nothing is removed that is not safe."""

import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner, Result

from core.events import RunStopped
from core.log import EventLog
from core.process.lock import exclusive
from core.run_directory import in_folder
from producer.cli import producer
from projections.cli import group
from projections.runs.catalogue import RunCatalogue
from tests.support.logs import read_log, write_log

Timed = tuple[Any, float]


@pytest.fixture
def run(tmp_path: Path, events_with_crashes: list[Timed]) -> Path:
    """The directory of a run that has ended, with a checkpoint, a read model and files of processes."""
    folder = tmp_path / "runs/quick"
    folder.mkdir(parents=True)
    write_log(folder / "events.db", events_with_crashes)
    log = EventLog(folder / "events.db")
    log.append([RunStopped(episode=9, reason="completed", detail="9 episodes")])
    log.close()
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints/checkpoint_ep00100.pt").write_bytes(b"weights" * 5_000)
    (folder / "demo_state.db").write_bytes(b"can be projected again")
    return folder


def command(*arguments: object) -> Result:
    return CliRunner().invoke(group, [str(argument) for argument in arguments])


def archived(run: Path, *options: object) -> Path:
    result = command("archive", "--run-dir", run, *options)
    assert result.exit_code == 0, result.output + str(result.exception)
    (path,) = run.parent.glob("*.hamlet.tar.zst")
    return path


def test_a_run_is_moved_into_one_file_and_comes_back(run: Path, tmp_path: Path) -> None:
    records = read_log(run)
    path = archived(run)
    assert not run.exists()
    assert path.name.startswith("quick-")
    back = tmp_path / "back"
    assert command("unarchive", path, "--run-dir", back).exit_code == 0
    assert read_log(back) == records
    assert (back / "checkpoints/checkpoint_ep00100.pt").read_bytes() == b"weights" * 5_000
    assert sorted(path.name for path in back.iterdir()) == ["checkpoints", "events.db"]
    assert path.exists()


def test_the_same_run_gives_the_same_archive(run: Path) -> None:
    first = archived(run, "--keep")
    assert run.exists()
    content = first.read_bytes()
    first.unlink()
    shutil.copytree(run, run.parent / "copy")
    shutil.rmtree(run)
    (run.parent / "copy").rename(run)
    second = archived(run)
    assert (second.name, second.read_bytes()) == (first.name, content)


@pytest.mark.parametrize("at", [0, 100, -1])
def test_a_flipped_bit_is_found_and_nothing_is_unpacked(run: Path, tmp_path: Path, at: int) -> None:
    path = archived(run)
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    result = command("unarchive", path, "--run-dir", tmp_path / "back")
    assert result.exit_code != 0
    assert "damaged" in str(result.exception)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["runs"]


def test_a_name_without_a_digest_is_refused(run: Path, tmp_path: Path) -> None:
    path = archived(run).rename(tmp_path / "other.hamlet.tar.zst")
    result = command("unarchive", path, "--run-dir", tmp_path / "back")
    assert "no archive by its name" in str(result.exception)


def test_a_directory_that_is_there_is_left_alone(run: Path, tmp_path: Path) -> None:
    path = archived(run)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("dear")
    result = command("unarchive", path, "--run-dir", tmp_path / "mine")
    assert "is there already" in str(result.exception)
    assert [found.name for found in (tmp_path / "mine").iterdir()] == ["file"]


def test_a_run_that_has_not_ended_is_not_archived(run: Path, events_with_crashes: list[Timed]) -> None:
    (run / "events.db").unlink()
    write_log(run / "events.db", [at for at in events_with_crashes if not isinstance(at[0], RunStopped)])
    result = command("archive", "--run-dir", run)
    assert "has not ended" in str(result.exception)
    assert (run / "events.db").exists()
    assert not list(run.parent.glob("*.zst"))


def test_a_damaged_log_is_not_sealed(run: Path) -> None:
    connection = apsw.Connection(str(run / "events.db"))
    connection.execute("DROP TRIGGER events_refuse_update")
    connection.execute("UPDATE events SET version = 99 WHERE position = 7")
    connection.close()
    result = command("archive", "--run-dir", run)
    assert "damaged at position 7" in str(result.exception)
    assert (run / "checkpoints").exists()
    assert not list(run.parent.glob("*.zst"))


def test_a_run_in_use_is_not_archived(run: Path) -> None:
    with exclusive(in_folder(run).read_model, "projections run"):
        result = command("archive", "--run-dir", run)
    assert "already in use by projections run" in str(result.exception)
    assert (run / "events.db").exists()


def test_a_folder_without_a_log_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    result = command("archive", "--run-dir", tmp_path / "nothing")
    assert "there is no log" in str(result.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",), ("rebuild",), ("doctor",), ("run", "--until-caught-up"), ("archive",), ("policy",),
        ("export", "--what", "episodes", "--out", "x"), ("backup", "--out", "x"), ("at", "--episode", "1"),
    ],
)  # fmt: skip
def test_every_command_says_how_an_archive_is_unpacked(run: Path, arguments: tuple[str, ...]) -> None:
    path = archived(run)
    result = command(*arguments, "--run-dir", path)
    assert f"projections unarchive {path} --run-dir DIR" in str(result.exception), result.output


def test_so_do_comparisons_and_the_commands_of_the_producer(run: Path) -> None:
    path = archived(run)
    compared = command("compare", path)
    assert "projections unarchive" in str(compared.exception)
    branch = ["branch", "--from", str(path), "--at", "1", "--run-dir", str(run)]
    for arguments in (["status", "--run-dir", str(path)], ["run", "--run-dir", str(path)], branch):
        result = CliRunner().invoke(producer, arguments)
        assert "projections unarchive" in str(result.exception), result.output


def test_so_do_the_options_that_name_a_run_in_another_way(run: Path, tmp_path: Path) -> None:
    path = archived(run)
    for result in (
        CliRunner().invoke(producer, ["sweep", "--futures-of", f"{path}@1", "--runs", str(tmp_path / "new")]),
        command("replicate", "--from", path, "--to", tmp_path / "new"),
        command("run", "--runs", path, "--until-caught-up"),
        CliRunner().invoke(group, ["status"], env={"HAMLET_DB_PATH": str(path)}),
    ):
        assert f"projections unarchive {path} --run-dir DIR" in str(result.exception), result.output
    assert not (tmp_path / "new").exists()


def test_lists_of_runs_have_archives(run: Path) -> None:
    path = archived(run, "--keep")
    catalogue = RunCatalogue(run.parent)
    catalogue.refresh()
    (other, archive) = sorted(catalogue.list().runs, key=lambda listed: len(listed.name))
    assert (other.name, archive.name, archive.run_id) == ("quick", path.name, None)
    assert archive.problem.startswith("an archive of a run; `projections unarchive")
    shutil.rmtree(run)
    catalogue.refresh()
    assert (catalogue.list().problem, [listed.name for listed in catalogue.list().runs]) == ("", [path.name])
    printed = CliRunner().invoke(producer, ["list", "--runs", str(run.parent)]).output
    assert f"`projections unarchive {path} --run-dir DIR` unpacks it" in printed
