"""A slow run that is killed between two milestones repeats little: it saves checkpoints by time as well."""

import signal
from pathlib import Path

import yaml

from core.codec import decode
from core.events import CheckpointSaved, EpisodeFinished, Event, RunResumed
from tests.support.logs import read_log
from tests.support.processes import Start, end, wait_until

EPISODES_PER_HOUR = 18_000
CHECKPOINT_EVERY_MINUTES = 0.02


def recorded(run_dir: Path) -> list[Event]:
    """The events in the log, none while there is no log."""
    if not (run_dir / "events.db").exists():
        return []
    return [decode(record) for record in read_log(run_dir)]


def of(kind: type[Event], events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def test_a_killed_paced_run_goes_on_from_its_newest_checkpoint_by_time(
    tmp_path: Path, small_config: Path, start: Start
) -> None:
    settings = yaml.safe_load(small_config.read_text())
    settings["training"] |= {
        "checkpoint_every": 1_000,
        "checkpoint_every_minutes": CHECKPOINT_EVERY_MINUTES,
        "pace": {"episodes_per_hour": EPISODES_PER_HOUR},
    }
    config, run_dir = tmp_path / "paced.yaml", tmp_path / "run"
    config.write_text(yaml.safe_dump(settings))
    command = ("producer", "run", "--config", config, "--episodes", 100_000, "--run-dir", run_dir)
    trainer = start(*command)

    def saved_and_went_on() -> bool:
        events = recorded(run_dir)
        saved = [n for n, event in enumerate(events) if isinstance(event, CheckpointSaved)]
        return len(saved) >= 2 and bool(of(EpisodeFinished, events[saved[-1] :]))

    wait_until(saved_and_went_on)
    trainer.send_signal(signal.SIGKILL)
    trainer.wait()
    before = recorded(run_dir)
    newest = of(CheckpointSaved, before)[-1]
    assert isinstance(newest, CheckpointSaved)
    assert 0 < newest.episode < 1_000

    resumed = start(*command)
    wait_until(lambda: of(RunResumed, recorded(run_dir)))
    assert end(resumed) == 0
    after = recorded(run_dir)
    assert after[: len(before)] == before
    (resume,) = of(RunResumed, after)
    assert isinstance(resume, RunResumed)
    assert (resume.after_episode, resume.checkpoint) == (newest.episode, newest.checkpoint.name)
