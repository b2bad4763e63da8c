"""Branches: a run goes on from an episode of another run, in another way or in the same."""

import shutil
from pathlib import Path

import pytest

from core.codec import decode
from core.config import load_config
from core.errors import ConfigError, HamletError, StoreError
from core.events import (
    AffordancesRandomized,
    AnyEvent,
    EpisodeFinished,
    Placement,
    RunBranched,
    RunResumed,
    RunStopped,
)
from core.log import EventLog, LogReader
from core.process.lock import exclusive
from core.process.signals import ShutdownSignal
from producer.run.branch import Branching, branch, prepare
from producer.run.console import Console
from producer.run.lineage import read_past
from tests.support.logs import learning_events, read_log
from tests.support.processes import run_command
from tests.support.training import StopAfter, train, write_small_config

POINT = 48
"""Episode 47 of the small run ended in one rollout with this one."""


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished small run that kept the replay buffers of the episodes 40, 80, 100, 120 and 130."""
    folder = tmp_path_factory.mktemp("parent")
    config = load_config(write_small_config(folder / "small.yaml"), {"training.keep_replay_every": 40})
    train(folder / "run", config, StopAfter(90))  # a stop and a resume are part of the history
    train(folder / "run", config)
    return folder / "run"


def make(branching: Branching, stop: ShutdownSignal | None = None) -> None:
    branch(branching, Console(), stop or ShutdownSignal())


def own_events(run_dir: Path) -> list[AnyEvent]:
    """The learning events of the present lineage, without the event that makes the log a branch's."""
    return [event for event in learning_events(run_dir) if not isinstance(event, RunBranched)]


def branched(run_dir: Path) -> RunBranched:
    (event,) = [event for event in map(decode, read_log(run_dir)) if isinstance(event, RunBranched)]
    return event


def files_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def digests(run_dir: Path, until: int) -> dict[int, str]:
    log = LogReader(run_dir / "events.db")
    try:
        assert log.first_broken() is None
        return log.digests(0, until)
    finally:
        log.close()


def episodes(run_dir: Path) -> list[int]:
    return [event.episode for event in own_events(run_dir) if isinstance(event, EpisodeFinished)]


@pytest.mark.parametrize("at", [5, 47, 60, 99])
def test_a_branch_without_a_change_is_its_parent_to_the_end_of_the_run(
    parent: Path, tmp_path: Path, at: int
) -> None:
    before = files_of(parent)
    make(Branching(parent, at, tmp_path / "branch"))
    assert files_of(parent) == before
    # also the checkpoints after the branch point: their sha256 covers all that was learnt
    assert own_events(tmp_path / "branch") == own_events(parent)
    event = branched(tmp_path / "branch")
    assert event.exact
    shared = digests(parent, event.position)
    assert digests(tmp_path / "branch", event.position) == shared
    assert shared[event.position] == event.digest
    assert [(row.type, row.payload) for row in read_log(tmp_path / "branch")[: event.position]] == [
        (row.type, row.payload) for row in read_log(parent)[: event.position]
    ]


def test_a_branch_stopped_and_resumed_is_its_parent_too(parent: Path, tmp_path: Path) -> None:
    make(Branching(parent, 47, tmp_path), StopAfter(8))
    config = load_config(write_small_config(tmp_path.parent / "small.yaml"))
    train(tmp_path, config, StopAfter(7))
    train(tmp_path, config)
    assert any(isinstance(event, RunResumed) for event in map(decode, read_log(tmp_path)))
    assert own_events(tmp_path) == own_events(parent)


def test_a_branch_needs_its_parent_no_longer_and_has_a_name_of_its_own(parent: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(parent, copy)
    (folder,) = prepare(Branching(copy, 47, tmp_path / "branch"), Console(), ShutdownSignal())
    shutil.rmtree(copy)
    train(folder, load_config(write_small_config(tmp_path / "small.yaml")))
    assert own_events(folder) == own_events(parent)
    log = LogReader(folder / "events.db")
    past = read_past(log)
    log.close()
    assert past is not None
    event = branched(folder)
    assert past.run_id == event.run_id != event.parent_run_id == past.started.run_id


def test_a_change_changes_what_comes_after_the_branch_point_only(parent: Path, tmp_path: Path) -> None:
    make(Branching(parent, 47, tmp_path, {"population.gamma": 0.9, "training.num_episodes": 70}))
    event = branched(tmp_path)
    assert event.changes == {"population.gamma": (0.99, 0.9)}
    assert (event.episode, event.num_episodes) == (POINT, 70)
    assert episodes(tmp_path) == list(range(1, 71))
    parents, own = own_events(parent), own_events(tmp_path)
    first = next(at for at, pair in enumerate(zip(parents, own, strict=False)) if pair[0] != pair[1])
    assert sum(isinstance(event, EpisodeFinished) for event in parents[:first]) >= POINT


def test_futures_share_a_layout_and_differ_by_their_random_numbers(parent: Path, tmp_path: Path) -> None:
    short = {"training.num_episodes": 60}
    make(Branching(parent, 45, tmp_path, short, layout="random:3", futures=2))
    futures = [tmp_path / "future-1", tmp_path / "future-2"]
    events = [branched(folder) for folder in futures]
    assert [(event.future, event.seed, event.layout_seed) for event in events] == [(1, 1, 3), (2, 2, 3)]
    assert events[0].layout == events[1].layout is not None
    assert own_events(futures[0]) != own_events(futures[1])
    for folder, event in zip(futures, events, strict=True):
        moved = [other for other in own_events(folder) if isinstance(other, AffordancesRandomized)]
        assert (moved[0].episode, moved[0].seed, moved[0].new) == (event.episode, 3, event.layout)
        assert all(old != new for old, new in zip(moved[0].old, moved[0].new, strict=True))
    make(Branching(parent, 45, tmp_path / "again", short, layout="random:3", seed=2))
    assert own_events(tmp_path / "again") == own_events(futures[1])


def test_a_layout_and_a_seed_hold_after_a_crash_before_the_first_checkpoint(
    parent: Path, tmp_path: Path
) -> None:
    asked = {"options": {"training.num_episodes": 70}, "layout": "random:3", "seed": 5}
    make(Branching(parent, 47, tmp_path / "straight", **asked))
    prepare(Branching(parent, 47, tmp_path / "stopped", **asked), Console(), ShutdownSignal())
    small = load_config(write_small_config(tmp_path / "small.yaml"), {"training.num_episodes": 70})
    train(tmp_path / "stopped", small, StopAfter(3))
    for file in (tmp_path / "stopped" / "checkpoints").glob("checkpoint_ep*"):
        if branched(tmp_path / "stopped").checkpoint.name[:18] not in file.name:
            file.unlink()
    train(tmp_path / "stopped", small)
    assert own_events(tmp_path / "stopped") == own_events(tmp_path / "straight")


def test_a_layout_comes_from_a_configuration_file(parent: Path, tmp_path: Path) -> None:
    layout = write_small_config(tmp_path / "layout.yaml")
    text = layout.read_text().replace("cell:\n    - 1\n    - 1", "cell:\n    - 0\n    - 0")
    assert text != layout.read_text()
    layout.write_text(text)
    folder = tmp_path / "branch"
    make(Branching(parent, 47, folder, {"training.num_episodes": 50}, layout=str(layout)))
    event = branched(folder)
    assert event.layout is not None
    assert Placement("Bed", 0, 0) in event.layout
    assert event.layout_seed is None


def test_a_branch_may_go_on_longer_than_its_parent(parent: Path, tmp_path: Path) -> None:
    make(Branching(parent, 130, tmp_path, {"training.num_episodes": 150}))
    assert episodes(tmp_path) == list(range(1, 151))


def test_a_branch_of_a_branch_names_both(parent: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    make(Branching(parent, 47, first, {"training.num_episodes": 80}, seed=5))
    make(Branching(first, 70, second))
    events = [event for event in map(decode, read_log(second)) if isinstance(event, RunBranched)]
    assert [event.parent_run_id for event in events] == [events[0].parent_run_id, events[0].run_id]
    assert own_events(second) == own_events(first)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"at": 131}, ConfigError, r"there is no episode 131; branch at one from 1 to 130"),
        ({"options": {"population.hidden": 24}}, ConfigError, r"population\.hidden .* cannot be changed"),
        ({"options": {"population.gama": 0.9}}, ConfigError, r"gama"),
        ({"options": {"training.num_episodes": 40}}, ConfigError, r"the branch begins after episode 48"),
        ({"layout": "random:x"}, ConfigError, r"--layout random:x: give random:SEED"),
        ({"layout": "nowhere.yaml"}, ConfigError, r"nowhere\.yaml"),
        ({"seed": 2**52 - 2, "futures": 2}, ConfigError, r"seed of the last future"),
        ({"parent": Path("nowhere")}, StoreError, r"nowhere/events\.db: no such log"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    parent: Path, tmp_path: Path, given: dict, error: type[HamletError], message: str
) -> None:
    asked = {"parent": parent, "at": 47, "folder": tmp_path / "branch"} | given
    with pytest.raises(error, match=message):
        make(Branching(**asked))
    assert not (tmp_path / "branch").exists()


def test_a_run_directory_that_is_not_empty_or_the_parents_own_is_refused(
    parent: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(StoreError, match="is not empty"):
        make(Branching(parent, 47, tmp_path))
    before = files_of(parent)
    for folder in (parent, parent / "checkpoints" / "branch"):
        with pytest.raises(StoreError, match="in the parent's own directory"):
            make(Branching(parent, 47, folder))
    with pytest.raises(StoreError, match="in the parent's own directory"):
        make(Branching(parent, 47, parent, futures=2))
    assert files_of(parent) == before


def test_a_parent_without_the_buffer_is_refused(parent: Path, tmp_path: Path) -> None:
    shutil.copytree(parent, tmp_path / "copy")
    for episode in (40, 80):
        (tmp_path / "copy" / "checkpoints" / f"checkpoint_ep{episode:05d}.replay.pt").unlink()
    with pytest.raises(StoreError, match=r"no replay buffer is kept .* kept are those of episodes 1\d\d, "):
        make(Branching(tmp_path / "copy", 90, tmp_path / "branch"))
    assert not (tmp_path / "branch").exists()


def test_a_superseded_episode_is_refused(parent: Path, tmp_path: Path) -> None:
    config = load_config(write_small_config(tmp_path / "small.yaml"), {"training.num_episodes": 60})
    train(tmp_path / "run", config)
    (tmp_path / "run" / "checkpoints" / "checkpoint_ep00060.pt").unlink()
    config = load_config(tmp_path / "small.yaml", {"training.num_episodes": 62})
    train(tmp_path / "run", config, StopAfter(1))
    with pytest.raises(ConfigError, match=r"episode 59 was superseded .* branch at one from 1 to 4\d"):
        make(Branching(tmp_path / "run", 59, tmp_path / "branch"))
    assert not (tmp_path / "branch").exists()


def test_a_way_that_is_not_the_parents_is_an_error(
    parent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("producer.agent.dqn.DQN.act", lambda self, seen, epsilon: seen.cell * 0)
    with pytest.raises(StoreError, match=r"cannot be repeated: .* is not what the parent's log says"):
        make(Branching(parent, 70, tmp_path / "branch"))
    assert not (tmp_path / "branch").exists()


def test_a_parent_that_is_running_can_be_branched_from(parent: Path, tmp_path: Path) -> None:
    shutil.copytree(parent, tmp_path / "running")
    events = tmp_path / "running" / "events.db"
    with exclusive(events, "the parent's trainer"):
        log = EventLog(events)
        prepare(Branching(tmp_path / "running", 47, tmp_path / "branch"), Console(), ShutdownSignal())
        assert log.append([RunStopped(episode=130, reason="signal")]) == log.head()
        log.close()
    assert branched(tmp_path / "branch").episode == POINT


def test_the_command_says_one_sentence_and_its_exit_code(parent: Path, tmp_path: Path) -> None:
    asked = ["producer", "branch", "--from", parent, "--at", 900, "--run-dir", tmp_path / "b"]
    ended = run_command(*asked)
    assert ended.returncode == 78
    assert ended.stderr.endswith("there is no episode 900; branch at one from 1 to 130\n")
    assert ended.stderr.count("\n") == 1


def test_a_branch_that_cannot_be_written_leaves_nothing_in_the_way(
    parent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: EventLog, rows: object) -> int:
        raise OSError(28, "No space left on device")

    folder = tmp_path / "branch"
    monkeypatch.setattr(EventLog, "append_encoded", full)
    with pytest.raises(StoreError, match=r"branch: the branch cannot be written there .*No space left"):
        prepare(Branching(parent, 47, folder), Console(), ShutdownSignal())
    monkeypatch.undo()
    assert [path.name for path in folder.iterdir()] == ["events.db.lock"]
    assert prepare(Branching(parent, 47, folder), Console(), ShutdownSignal()) == [folder]
