"""The six lines on how a run stands."""

from pathlib import Path

from core.codec import decode
from core.config import load_config
from core.events import RunResumed, RunStarted, RunStopped
from core.log import EventLog
from core.run_directory import in_folder
from producer.run.status import report
from tests.support.logs import read_log
from tests.support.training import StopAfter, train


def test_a_trainer_that_fell_silent_is_taken_for_crashed(tmp_path: Path, small_config: Path) -> None:
    train(tmp_path / "done", load_config(small_config, {"training.num_episodes": 20}))
    log = EventLog(tmp_path / "events.db")
    whole = read_log(tmp_path / "done")
    log.append([decode(record) for record in whole if record.type != "run_stopped"])
    log.close()
    said = read_log(tmp_path)[-1].recorded_at
    files = in_folder(tmp_path)
    assert report(files, now=said + 4)[1].endswith("(100%), running, the newest event was recorded 4 s ago")
    silent = "silent: the newest event was recorded 40 s ago, the trainer crashed or was killed"
    assert report(files, now=said + 40)[1].endswith(silent)


def test_a_run_not_begun_one_stopped_and_one_completed(
    tmp_path: Path,
    small_config: Path,
) -> None:
    files = in_folder(tmp_path)
    EventLog(files.events).close()
    assert report(files) == [f"{files.events}: nothing recorded yet"]

    config = load_config(small_config)
    train(tmp_path, config, StopAfter(75))
    last = read_log(tmp_path)[-1].recorded_at
    run, progress, learning, pace, safety, troubles = report(files, now=last + 5 * 60)
    started = decode(read_log(tmp_path)[0])
    assert isinstance(started, RunStarted)
    assert run == f"run       {started.run_id}, configuration small, seed 0"
    assert "of 130 (" in progress
    assert progress.endswith("stopped (signal, SIGTERM) 5 min ago")
    assert "stage 1" in learning
    assert "agent-steps/s" in pace
    assert safety.endswith("after a crash the run would repeat 0 episodes")
    assert troubles == "troubles  0 resumes, 0 restorations after NaN or Inf"

    train(tmp_path, config)
    _, progress, *_, troubles = report(files, now=read_log(tmp_path)[-1].recorded_at + 3 * 3600)
    assert progress == "progress  episode 130 of 130 (100%), stopped (completed, 130 episodes) 3.0 h ago"
    assert troubles == "troubles  1 resume, 0 restorations after NaN or Inf"


def test_events_that_only_the_wal_holds_are_counted(tmp_path: Path, small_config: Path) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 20}))
    files = in_folder(tmp_path)
    whole = read_log(tmp_path)
    assert "-wal" not in report(files)[4]
    log = EventLog(files.events)
    log.append([decode(record) for record in whole[-3:]])
    assert "; 3 events are in events.db-wal only, so do not copy events.db alone" in report(files)[4]
    log.close()


def test_more_episodes_than_planned_are_no_percentage(tmp_path: Path, small_config: Path) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 20}))
    log = EventLog(tmp_path / "events.db")
    started = decode(read_log(tmp_path)[0])
    resumed = RunResumed(
        attempt=2,
        checkpoint="checkpoint_ep00020.pt",
        after_episode=20,
        after_position=log.head(),
        reason="restart",
        num_episodes=5,
        config_hash=started.config_hash,
    )
    log.append([resumed, RunStopped(episode=20, reason="completed")])
    log.close()
    assert report(in_folder(tmp_path))[1].startswith(
        "progress  episode 20, 5 were planned, stopped (completed)"
    )
