"""`projections run --runs`: one process follows every run below a folder; runs come, end and go on."""

import shutil
from pathlib import Path

from core.events import AnyEvent, RunStopped
from core.log import EventLog
from core.run_directory import in_folder
from tests.support.events import finished, resumed, started
from tests.support.logs import write_log
from tests.support.processes import run_command, running, wait_until
from tests.support.read_models import count_episodes


def write(folder: Path, *events: AnyEvent) -> Path:
    folder.mkdir(parents=True)
    write_log(folder / "events.db", [(event, 1000.0 + at) for at, event in enumerate(events)])
    return folder / "demo_state.db"


def append(folder: Path, *events: AnyEvent) -> None:
    log = EventLog(folder / "events.db")
    log.append(list(events))
    log.close()


def test_runs_are_followed_as_they_come_and_one_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    first = write(runs / "first", started(), finished(1))
    (runs / "damaged").mkdir()
    (runs / "damaged" / "events.db").write_bytes(b"no database" * 1000)
    output = tmp_path / "projections.log"
    with running(output, "projections", "run", "--runs", runs):
        wait_until(lambda: count_episodes(first) == 1)
        wait_until(lambda: "the other runs go on" in output.read_text())
        append(runs / "first", finished(2))
        wait_until(lambda: count_episodes(first) == 2)
        later = write(runs / "seeds" / "later", started(seed=1), finished(1), finished(2), finished(3))
        wait_until(lambda: count_episodes(later) == 3)
        shutil.rmtree(runs / "seeds")
        append(runs / "first", finished(3))
        wait_until(lambda: count_episodes(first) == 3)
    assert not in_folder(runs / "seeds" / "later").read_model.exists()


def test_a_run_that_has_ended_is_let_go_and_followed_again_when_it_goes_on(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    read_model = write(runs / "one", started(), finished(1))
    output = tmp_path / "projections.log"
    with running(output, "projections", "run", "--runs", runs):
        wait_until(lambda: count_episodes(read_model) == 1)
        append(runs / "one", RunStopped(episode=1, reason="signal"))
        once = ("projections", "run", "--run-dir", runs / "one", "--until-caught-up")
        # another process may project it as soon as the first one has let it go
        wait_until(lambda: run_command(*once).returncode == 0)
        append(runs / "one", resumed(1, 2), finished(2))
        wait_until(lambda: count_episodes(read_model) == 2)


def test_once_through_all_logs_fails_when_a_run_cannot_be_projected(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    good = write(runs / "good", started(), finished(1))
    done = run_command("projections", "run", "--runs", runs, "--until-caught-up")
    assert done.returncode == 0, done.stderr
    (runs / "damaged").mkdir()
    (runs / "damaged" / "events.db").write_bytes(b"no database" * 1000)
    done = run_command("projections", "run", "--runs", runs, "--until-caught-up")
    assert done.returncode == 74
    assert "not projected: damaged" in done.stderr
    assert count_episodes(good) == 1


def test_a_position_to_skip_belongs_to_one_log(tmp_path: Path) -> None:
    done = run_command("projections", "run", "--runs", tmp_path, "--skip", 7)
    assert done.returncode == 2
    assert "--skip needs --run-dir" in done.stderr
