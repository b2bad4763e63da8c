"""Stopped, extended, refused: whatever happens to a run, its log goes on as if nothing had.

Runs here end in good order; those that are killed are in `tests/faults`.
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
import yaml

from core.codec import decode
from core.config import load_config
from core.config_schema import RunConfig
from core.errors import ConfigError, StoreError
from core.events import (
    AffordancesRandomized,
    AnyEvent,
    CheckpointSaved,
    EpisodeFinished,
    Heartbeat,
    RunResumed,
    RunStopped,
    SavedFile,
)
from producer.run.checkpoints import save
from producer.run.evaluate import evaluate
from tests.support.logs import learning_events, read_log
from tests.support.training import StopAfter, train

MILESTONES = {f"checkpoint_ep{episode:05d}.pt" for episode in (20, 40, 60)}


def of_type(events: list[AnyEvent], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def test_a_run_stopped_again_and_again_equals_the_uninterrupted_run(
    tmp_path: Path, small_config: Path
) -> None:
    config = load_config(small_config)
    train(tmp_path / "straight", config)
    for looks in (3, 50, 26, 12, 41):
        train(tmp_path / "stopped", config, StopAfter(looks))
    train(tmp_path / "stopped", config)

    straight, stopped = learning_events(tmp_path / "straight"), learning_events(tmp_path / "stopped")
    assert [event.episode for event in of_type(straight, EpisodeFinished)] == list(range(1, 131))
    assert len(of_type(straight, CheckpointSaved)) == 6
    assert len(of_type(straight, AffordancesRandomized)) == 1
    # also the checkpoints: their sha256 covers networks, optimisers, replay, town, generators
    assert stopped == straight


def test_an_extended_run_equals_one_planned_longer(tmp_path: Path, small_config: Path) -> None:
    train(tmp_path / "long", load_config(small_config, {"training.num_episodes": 110}))
    for episodes in (31, 50, 110):
        train(tmp_path / "extended", load_config(small_config, {"training.num_episodes": episodes}))
    assert learning_events(tmp_path / "extended") == learning_events(tmp_path / "long")


def test_exactly_the_planned_episodes_and_the_end_are_recorded(tmp_path: Path, small_config: Path) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 33}))
    events = [decode(record) for record in read_log(tmp_path)]
    assert len(of_type(events, EpisodeFinished)) == 33
    heartbeats = of_type(events, Heartbeat)
    assert {heartbeat.episode for heartbeat in heartbeats} >= {10, 20, 30}
    assert all(
        heartbeat.loss > 0.0 and heartbeat.gradient_norm > 0.0 and heartbeat.updates > 0
        for heartbeat in heartbeats
    )
    assert all(
        heartbeat.agent_steps_per_second > 0.0 and heartbeat.rss_bytes > 2**20 for heartbeat in heartbeats
    )
    assert events[-1] == RunStopped(episode=33, reason="completed", detail="33 episodes")
    assert (tmp_path / "checkpoints" / "checkpoint_ep00033.pt").exists()


def test_a_finished_run_is_left_alone(
    tmp_path: Path,
    small_config: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = load_config(small_config, {"training.num_episodes": 20})
    train(tmp_path, config)
    before = read_log(tmp_path)
    caplog.set_level("INFO")
    train(tmp_path, config)
    assert read_log(tmp_path) == before
    assert "all 20 episodes are done; nothing to do" in caplog.text


def longer(config: RunConfig, episodes: int) -> RunConfig:
    training = msgspec.structs.replace(config.training, num_episodes=episodes)
    return msgspec.structs.replace(config, training=training)


def test_a_file_that_differs_is_reported_not_obeyed_unless_accepted(
    tmp_path: Path, small_config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 20}))
    changed = load_config(small_config, {"population.gamma": 0.9})
    train(tmp_path, longer(changed, 30))
    assert "population.gamma (run 0.99, file 0.9)" in caplog.text
    resumed = of_type([decode(record) for record in read_log(tmp_path)], RunResumed)
    assert [event.config_changes for event in resumed] == [{}]

    train(tmp_path, changed, accept_changes=True)
    resumed = of_type([decode(record) for record in read_log(tmp_path)], RunResumed)
    assert [event.config_changes for event in resumed] == [{}, {"population.gamma": (0.99, 0.9)}]
    # from now on the changed one is the run's own
    caplog.clear()
    train(tmp_path, load_config(small_config, {"population.gamma": 0.9, "training.num_episodes": 140}))
    assert "differs" not in caplog.text
    caplog.clear()
    train(tmp_path, load_config(small_config, {"training.num_episodes": 150}))
    assert "population.gamma (run 0.9, file 0.99)" in caplog.text


def test_a_change_that_cannot_be_made_in_mid_run_is_refused_even_when_accepted(
    tmp_path: Path, small_config: Path
) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 20}))
    before = read_log(tmp_path)
    with pytest.raises(ConfigError, match=r"population\.hidden \(was 16, now 24\) cannot be changed"):
        train(tmp_path, load_config(small_config, {"population.hidden": 24}), accept_changes=True)
    assert read_log(tmp_path) == before


def test_a_checkpoint_of_another_release_is_named_and_nothing_is_lost(
    tmp_path: Path, small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producer.run.checkpoint_state.FORMAT", 7)
    train(tmp_path, load_config(small_config, {"training.num_episodes": 20}))
    monkeypatch.undo()
    before, file = read_log(tmp_path), tmp_path / "checkpoints" / "checkpoint_ep00020.pt"
    whole = load_config(small_config)
    for attempt in (lambda: train(tmp_path, whole), lambda: evaluate(file, 2, seed=0)):
        with pytest.raises(
            ConfigError, match=r"checkpoint_ep00020\.pt: is of format 7, this release reads 1 to 2"
        ):
            attempt()
    assert read_log(tmp_path) == before


def test_length_and_pace_are_no_change(tmp_path: Path, small_config: Path) -> None:
    train(tmp_path / "plain", load_config(small_config, {"training.num_episodes": 40}))
    train(tmp_path / "paced", load_config(small_config, {"training.num_episodes": 30}))
    pace = {"training.pace": {"episodes_per_hour": 3_600_000}}
    train(tmp_path / "paced", load_config(small_config, {"training.num_episodes": 40, **pace}))
    assert learning_events(tmp_path / "paced") == learning_events(tmp_path / "plain")


def test_a_torn_checkpoint_is_skipped_and_the_run_still_ends_the_same(
    tmp_path: Path, small_config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(tmp_path / "straight", load_config(small_config, {"training.num_episodes": 80}))
    train(tmp_path / "torn", load_config(small_config, {"training.num_episodes": 60}))
    newest = tmp_path / "torn" / "checkpoints" / "checkpoint_ep00060.pt"
    newest.write_bytes(newest.read_bytes()[:1000])
    train(tmp_path / "torn", load_config(small_config, {"training.num_episodes": 80}))
    assert "checkpoint_ep00060.pt: damaged" in caplog.text
    assert learning_events(tmp_path / "torn") == learning_events(tmp_path / "straight")


def test_all_checkpoints_gone_is_refused_and_starting_over_ends_the_same(
    tmp_path: Path, small_config: Path
) -> None:
    train(tmp_path / "straight", load_config(small_config, {"training.num_episodes": 60}))
    train(tmp_path / "bare", load_config(small_config, {"training.num_episodes": 30}))
    before, folder = read_log(tmp_path / "bare"), tmp_path / "bare" / "checkpoints"
    folder.rename(tmp_path / "unmounted")
    whole = load_config(small_config, {"training.num_episodes": 60})
    named = r"bare/checkpoints: no checkpoint .* checkpoint_ep00020\.pt to checkpoint_ep00030\.pt, 2 of them"
    with pytest.raises(StoreError, match=rf"{named}.*--start-over, which supersedes 30 episodes"):
        train(tmp_path / "bare", whole)
    assert read_log(tmp_path / "bare") == before
    assert not folder.exists()  # or a disk could not be mounted there without hiding what is in it
    train(tmp_path / "bare", whole, start_over=True)
    resumed = of_type([decode(record) for record in read_log(tmp_path / "bare")], RunResumed)
    assert [(event.checkpoint, event.after_episode, event.after_position) for event in resumed] == [
        (None, 0, 1)
    ]
    assert learning_events(tmp_path / "bare") == learning_events(tmp_path / "straight")


def test_without_any_replay_buffer_the_run_goes_on_from_an_empty_one(
    tmp_path: Path, small_config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(tmp_path, load_config(small_config, {"training.num_episodes": 60}))
    for path in (tmp_path / "checkpoints").glob("*.replay.pt"):
        path.unlink()
    train(tmp_path, load_config(small_config, {"training.num_episodes": 100}))
    assert "checkpoint_ep00060.pt: taken with an empty replay buffer" in caplog.text
    events = [decode(record) for record in read_log(tmp_path)]
    assert [event.after_episode for event in of_type(events, RunResumed)] == [60]
    assert of_type(events, EpisodeFinished)[-1].episode == 100


def test_a_log_of_another_kind_is_left_as_it_is(tmp_path: Path, small_config: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "events.db").write_text("not a database, but a good hundred bytes of plain text " * 3)
    before = (tmp_path / "run" / "events.db").read_bytes()
    with pytest.raises(StoreError, match=r"events\.db"):
        train(tmp_path / "run", load_config(small_config))
    assert (tmp_path / "run" / "events.db").read_bytes() == before


def test_another_seed_is_another_run(tmp_path: Path, small_config: Path) -> None:
    settings = yaml.safe_load(small_config.read_text())
    assert settings["experiment"]["seed"] == 0
    train(tmp_path / "zero", load_config(small_config, {"training.num_episodes": 20}))
    train(tmp_path / "one", load_config(small_config, {"training.num_episodes": 20, "experiment.seed": 1}))
    first, second = (of_type(learning_events(tmp_path / name), EpisodeFinished) for name in ("zero", "one"))
    assert first != second


def test_a_slow_run_saves_checkpoints_by_time_and_learns_the_same(tmp_path: Path, small_config: Path) -> None:
    at_once = {"training.checkpoint_every_minutes": 1e-9, "training.num_episodes": 60}
    never = {"training.checkpoint_every_minutes": None, "training.num_episodes": 60}
    train(tmp_path / "by_time", load_config(small_config, at_once))
    train(tmp_path / "straight", load_config(small_config, never))
    assert learning_events(tmp_path / "by_time") == learning_events(tmp_path / "straight")
    saved = of_type([decode(record) for record in read_log(tmp_path / "by_time")], CheckpointSaved)
    assert len(saved) > 2 * len(MILESTONES)
    assert [at.episode for at in saved] == sorted({at.episode for at in saved})
    between = [at.checkpoint.name for at in saved if at.checkpoint.name not in MILESTONES]
    kept = {path.name for path in (tmp_path / "by_time" / "checkpoints").glob("*.pt")}
    # a branch before the move of the affordances, at episode 50, begins from the newest checkpoint before it
    before_move = [at.checkpoint.name for at in saved if at.episode < 50][-1]
    assert {name for name in kept if ".replay." not in name} == {*MILESTONES, *between[-3:], before_move}
    assert f"{before_move.removesuffix('.pt')}.replay.pt" in kept


def test_as_many_checkpoints_are_kept_as_asked_for_and_the_run_is_the_same(
    tmp_path: Path, small_config: Path
) -> None:
    """What branches need stays beside the newest ones."""
    settings = {"training.checkpoint_every": 10, "training.num_episodes": 120}
    for name, keep in (("all", None), ("few", 3)):
        few = load_config(small_config, {**settings, "training.keep_checkpoints": keep})
        train(tmp_path / name, few, StopAfter(40))
        train(tmp_path / name, few)
    assert learning_events(tmp_path / "few") == learning_events(tmp_path / "all")
    kept = {
        name: {path.name for path in (tmp_path / name / "checkpoints").glob("checkpoint_ep*.pt")}
        for name in ("all", "few")
    }
    replays = {name for name in kept["all"] if name.endswith(".replay.pt")}
    needed = {name.replace(".replay.pt", ".pt") for name in replays}
    assert kept["few"] == replays | needed
    assert needed < kept["all"] - replays


def test_a_checkpoint_of_another_kind_of_device_resumes_and_says_that_it_is_not_exact(
    tmp_path: Path, small_config: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def save_as_on_a_gpu(
        folder: Path, milestone: int, state: dict[str, Any], replay: dict[str, Any]
    ) -> tuple[SavedFile, SavedFile]:
        """The state of a CUDA generator is 16 bytes; no CPU generator can load one."""
        state["trainer"]["dqn"]["generator"] = torch.arange(16, dtype=torch.uint8)
        return save(folder, milestone, state, replay)

    monkeypatch.setattr("producer.run.attempt.save", save_as_on_a_gpu)
    train(tmp_path, load_config(small_config, {"training.num_episodes": 20}))
    monkeypatch.undo()
    train(tmp_path, load_config(small_config, {"training.num_episodes": 40}))
    events = [decode(record) for record in read_log(tmp_path)]
    (resumed,) = of_type(events, RunResumed)
    assert resumed.exact is False
    assert "random number generator" in resumed.inexact_because
    assert resumed.inexact_because in caplog.text
    assert events[-1] == RunStopped(episode=40, reason="completed", detail="40 episodes")
