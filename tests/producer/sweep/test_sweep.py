"""Sweeps of small runs in processes of this machine: each run is what it would have been without a fault."""

import os
import signal
from pathlib import Path

import apsw
import psutil
import pytest

from core.config import load_config, overridden
from core.process.sqlite import open_writer
from core.run_directory import in_folder
from core.run_id import new_run_id
from producer.sweep.heartbeat import Beat, read_beat
from producer.sweep.leases import take_lease
from producer.sweep.local_processes import start_attempt
from producer.sweep.plan import make_plan, write_plan
from producer.sweep.progress import read_progress
from tests.support.logs import learning_events, log_head
from tests.support.processes import Start, run_command, wait_for_end, wait_until
from tests.support.training import train, write_paced_config

PER_HOUR = 3_600.0
"""One episode a second: a run goes on for half a minute after the moment at which it is interrupted."""
SHORT = ("--set", "training.num_episodes=40", "--set", "training.checkpoint_every=5")
INTERRUPTED_AT = 12
"""The episode from which on a run of `paced_config` is interrupted, after its first checkpoint."""
LIMIT = 400.0
"""Seconds: far beyond what anything here takes."""
SETTINGS = {"training.num_episodes": 40, "training.checkpoint_every": 5}


@pytest.fixture
def paced_config(small_config: Path, tmp_path: Path) -> Path:
    """Forty episodes, one a second, checkpoints every five."""
    path = write_paced_config(tmp_path / "paced.yaml", small_config, PER_HOUR)
    text = path.read_text().replace("num_episodes: 130", "num_episodes: 40")
    path.write_text(text.replace("checkpoint_every: 20", "checkpoint_every: 5"))
    return path


@pytest.fixture
def undisturbed(small_config: Path, tmp_path: Path) -> Path:
    """The run of seed 3, trained without a sweep and without a pace."""
    folder = tmp_path / "undisturbed"
    config = overridden(load_config(small_config), {**SETTINGS, "experiment.seed": 3}, "the test")
    train(folder, config)
    return folder


def stop_between_transactions(processes: list[psutil.Process], events: Path) -> None:
    """Send SIGSTOP to processes of an attempt, at a moment at which it does not hold the log's write lock."""

    def stopped() -> bool:
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        log = open_writer(events, synchronous="FULL")
        try:
            log.set_busy_timeout(0)
            log.execute("BEGIN IMMEDIATE; ROLLBACK")
        except apsw.BusyError:
            for process in processes:
                process.send_signal(signal.SIGCONT)
            return False
        finally:
            log.close()
        return True

    wait_until(stopped, LIMIT)


def test_a_sweep_trains_every_run_of_its_plan_and_then_leaves_them_alone(
    small_config: Path, tmp_path: Path, undisturbed: Path
) -> None:
    runs = tmp_path / "runs"
    options = ("--seeds", "3-4", *SHORT, "--runs", runs, "--jobs", 2)
    ended = run_command("producer", "sweep", small_config, *options)
    assert ended.returncode == 0, ended.stderr
    assert "2 runs: 2 finished" in ended.stdout
    same, other = (runs / f"num_episodes=40,checkpoint_every=5/seed-{seed}" for seed in (3, 4))
    assert learning_events(same) == learning_events(undisturbed)
    assert learning_events(other) != learning_events(undisturbed)
    head, attempts = log_head(same / "events.db"), sorted((same / "attempts").iterdir())
    again = run_command("producer", "sweep", small_config, *options)
    assert again.returncode == 0, again.stderr
    assert log_head(same / "events.db") == head
    assert sorted((same / "attempts").iterdir()) == attempts
    listed = run_command("producer", "list", "--runs", runs)
    assert listed.stdout.count("finished") == 2


def test_a_sweep_that_is_killed_with_all_its_processes_goes_on_where_it_was(
    paced_config: Path, tmp_path: Path, undisturbed: Path, start: Start
) -> None:
    runs = tmp_path / "runs"
    run = runs / "seed-3"
    driver = start("producer", "sweep", paced_config, "--jobs", 1, "--seeds", 3, "--runs", runs)
    wait_until(lambda: _reached(run, 1) >= INTERRUPTED_AT, LIMIT)
    driver.kill()
    os.kill(_beat(run, 1).pid, signal.SIGKILL)
    driver.wait()
    ended = run_command("producer", "sweep", "--jobs", 1, "--runs", runs)
    assert ended.returncode == 0, ended.stderr
    assert learning_events(run) == learning_events(undisturbed)
    assert (run / "attempts/0002.log").exists()


def test_attempts_stop_in_good_order_when_their_sweep_is_killed(
    paced_config: Path, tmp_path: Path, start: Start
) -> None:
    run = tmp_path / "runs/seed-3"
    driver = start("producer", "sweep", paced_config, "--jobs", 1, "--seeds", 3, "--runs", tmp_path / "runs")
    wait_until(lambda: _reached(run, 1) >= 1, LIMIT)
    pid = _beat(run, 1).pid
    driver.kill()
    driver.wait()
    wait_until(lambda: not _is_there(pid))
    assert "Checkpoint saved" in (run / "attempts/0001.log").read_text()


def test_asked_to_end_a_sweep_saves_and_a_second_one_goes_on(
    paced_config: Path, tmp_path: Path, undisturbed: Path, start: Start
) -> None:
    runs = tmp_path / "runs"
    driver = start("producer", "sweep", paced_config, "--jobs", 1, "--seeds", 3, "--runs", runs)
    wait_until(lambda: _reached(runs / "seed-3", 1) >= INTERRUPTED_AT, LIMIT)
    refused = run_command("producer", "sweep", "--jobs", 1, "--runs", runs)
    assert refused.returncode == 75
    assert "already in use by producer sweep" in refused.stderr
    driver.terminate()
    assert wait_for_end(driver) == 0
    assert run_command("producer", "sweep", "--jobs", 1, "--runs", runs).returncode == 0
    assert learning_events(runs / "seed-3") == learning_events(undisturbed)


def test_a_stopped_attempt_is_ended_and_the_next_one_goes_on_exactly(
    paced_config: Path, tmp_path: Path, undisturbed: Path, start: Start
) -> None:
    runs = tmp_path / "runs"
    run = runs / "seed-3"
    driver = start(
        "producer", "sweep", paced_config, "--jobs", 1, "--seeds", 3, "--runs", runs, "--silent-after", 10
    )
    wait_until(lambda: _reached(run, 1) >= INTERRUPTED_AT, LIMIT)
    os.kill(_beat(run, 1).pid, signal.SIGSTOP)
    assert driver.wait(timeout=LIMIT) == 0
    assert learning_events(run) == learning_events(undisturbed)
    assert "no heartbeat for 10 s" in _output(tmp_path)


def test_an_attempt_that_was_stopped_and_goes_on_writes_nothing_into_a_run_that_another_has(
    paced_config: Path, tmp_path: Path, undisturbed: Path
) -> None:
    """As on two machines: the second attempt cannot end the first one, and no lock holds it out."""
    runs = tmp_path / "runs"
    files, run = in_folder(runs / "seed-3"), runs / "seed-3"
    write_plan(runs, make_plan([3], {}, load_config(paced_config), "paced"))
    first = start_attempt(str(runs), "seed-3", take_lease(files), tmp_path / "first.log")
    try:
        wait_until(lambda: _reached(run, 1) >= INTERRUPTED_AT, LIMIT)
        stop_between_transactions([psutil.Process(first.pid)], files.events)
        (run / "attempts/0001.progress.json").unlink()
        (run / "events.db.lock").unlink()
        epoch = take_lease(files)
        assert epoch == 2
        second = start_attempt(str(runs), "seed-3", epoch, tmp_path / "second.log")
        wait_until(lambda: read_progress(files).episode >= 30, LIMIT)
        first.send_signal(signal.SIGCONT)
        assert wait_for_end(first) == 75
        assert "attempt 2 has taken over this run" in (tmp_path / "first.log").read_text()
        assert second.wait(timeout=LIMIT) == 0, (tmp_path / "second.log").read_text()
    finally:
        first.send_signal(signal.SIGCONT)
        first.kill()
        first.wait()
    assert learning_events(run) == learning_events(undisturbed)


def test_a_run_that_cannot_be_trained_is_given_up_and_the_others_are_finished(
    small_config: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    (runs / "seed-1").mkdir(parents=True)
    (runs / "seed-1/checkpoints").write_text("a file where a folder belongs")
    ended = run_command(
        "producer", "sweep", small_config, "--seeds", "1-2", "--attempts", 2, "--jobs", 1, "--runs", runs,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "1 failed, 1 finished" in ended.stdout
    assert "seed-1: exit code 74: error:" in ended.stdout
    assert "checkpoints: cannot write there" in ended.stdout
    assert (runs / "seed-1/attempts/0002.log").exists()
    assert not (runs / "seed-1/attempts/0003.log").exists()


def test_a_sweep_of_branches_from_one_run(undisturbed: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    options = ("--seeds", "1-2", "--set", "population.gamma=0.9", "--runs", runs, "--jobs", 1)
    ended = run_command("producer", "sweep", "--futures-of", f"{undisturbed}@20", *options)
    assert ended.returncode == 0, ended.stderr
    first, second = (runs / f"gamma=0.9/seed-{seed}" for seed in (1, 2))
    shared = len([event for event in learning_events(undisturbed) if getattr(event, "episode", 99) <= 20])
    assert learning_events(first)[: shared // 2] == learning_events(undisturbed)[: shared // 2]
    assert learning_events(first) != learning_events(second)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--seeds", "x"], 78, "no seed"),
        (["nothing.yaml"], 78, "nothing.yaml"),
        (["quick", "--set", "population.gama=1"], 78, "did you mean gamma"),
        (["quick", "--futures-of", "a@1"], 78, "either CONFIG or --futures-of"),
        (["--futures-of", "nowhere@1"], 74, "nowhere"),
        ([], 78, "no plan to go on with"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    ended = run_command("producer", "sweep", *arguments, "--runs", tmp_path / new_run_id(), folder=tmp_path)
    assert ended.returncode == code
    assert said in ended.stderr
    assert not list(tmp_path.iterdir())


def _beat(run: Path, epoch: int) -> Beat:
    beat = read_beat(in_folder(run), epoch)
    assert beat is not None
    return beat


def _reached(run: Path, epoch: int) -> int:
    beat = read_beat(in_folder(run), epoch)
    return beat.progress.episode if beat is not None else 0


def _is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _output(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.glob("producer-*.log"))
