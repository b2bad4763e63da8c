"""Checkpoint files on a real disk: whole or not there, checked, thinned."""

import hashlib
import os
import pickle
import resource
from pathlib import Path
from typing import Any

import pytest
import torch

from core.errors import StoreError
from core.events import CheckpointSaved, SavedFile
from producer.run.checkpoints import checkpoint_name, load_newest, read_file, save, thin_replays
from producer.run.lineage import SavedAt


def state_of(episode: int) -> dict[str, Any]:
    return {"episode": episode, "weights": torch.arange(1000.0) * episode, "names": ["Bed", "Job"]}


def saved_at(folder: Path, episode: int) -> SavedAt:
    checkpoint, replay = save(folder, episode, state_of(episode), {"memory": torch.full((500,), episode)})
    return SavedAt(
        episode * 10,
        CheckpointSaved(episode=episode, position=episode * 10 - 1, checkpoint=checkpoint, replay=replay),
    )


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    candidates = [saved_at(tmp_path, 100), saved_at(tmp_path, 200)]
    loaded = load_newest(tmp_path, candidates, pytest.fail)
    assert loaded is not None
    assert loaded.position == 2000
    assert loaded.saved.checkpoint.name == checkpoint_name(200) == "checkpoint_ep00200.pt"
    assert loaded.state["names"] == ["Bed", "Job"]
    assert torch.equal(loaded.state["weights"], torch.arange(1000.0) * 200)
    assert loaded.replay is not None
    assert loaded.replay["memory"].tolist() == [200] * 500
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        saved.name for at in candidates for saved in (at.saved.checkpoint, at.saved.replay) if saved
    )


def test_the_event_says_what_is_on_disk(tmp_path: Path) -> None:
    checkpoint = saved_at(tmp_path, 100).saved.checkpoint
    content = (tmp_path / checkpoint.name).read_bytes()
    assert checkpoint == SavedFile("checkpoint_ep00100.pt", hashlib.sha256(content).hexdigest(), len(content))


def test_equal_states_give_equal_bytes_whatever_their_history(tmp_path: Path) -> None:
    flat = torch.arange(12.0)
    views = {"first": flat[:6], "second": flat[6:], "word": "re" + "play"}
    copies = {"first": flat[:6].clone(), "second": flat[6:].clone(), "word": "".join(["re", "play"])}
    one, _ = save(tmp_path / "one", 1, views, {})
    other, _ = save(tmp_path / "other", 1, copies, {})
    assert one == other


@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing", "empty"])
def test_a_broken_checkpoint_is_named_and_the_one_before_it_is_taken(tmp_path: Path, damage: str) -> None:
    candidates = [saved_at(tmp_path, 100), saved_at(tmp_path, 200)]
    path = tmp_path / checkpoint_name(200)
    content = bytearray(path.read_bytes())
    match damage:
        case "truncated":
            path.write_bytes(content[: len(content) // 2])
        case "flipped":
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
    warnings: list[str] = []
    loaded = load_newest(tmp_path, candidates, warnings.append)
    assert loaded is not None
    assert loaded.saved.episode == 100
    assert len(warnings) == 1
    assert str(path) in warnings[0]


def test_a_checkpoint_without_replay_buffer_is_the_last_resort(tmp_path: Path) -> None:
    candidates = [saved_at(tmp_path, episode) for episode in (100, 200, 300)]
    (tmp_path / "checkpoint_ep00300.replay.pt").unlink()
    warnings: list[str] = []
    loaded = load_newest(tmp_path, candidates, warnings.append)
    assert loaded is not None
    assert loaded.saved.episode == 200
    assert "checkpoint_ep00300.replay.pt" in warnings[0]

    for episode in (100, 200):
        (tmp_path / f"checkpoint_ep00{episode}.replay.pt").unlink()
    warnings.clear()
    loaded = load_newest(tmp_path, candidates, warnings.append)
    assert loaded is not None
    assert loaded.saved.episode == 300
    assert loaded.replay is None
    assert "empty replay buffer" in warnings[-1]


def test_nothing_whole_is_nothing(tmp_path: Path) -> None:
    candidates = [saved_at(tmp_path, 100)]
    (tmp_path / checkpoint_name(100)).write_bytes(b"garbage")
    warnings: list[str] = []
    assert load_newest(tmp_path, candidates, warnings.append) is None
    assert len(warnings) == 1


class Malicious:
    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[Any, ...]:
        return os.unlink, (str(self.victim),)


def test_no_code_in_a_checkpoint_is_run(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.touch()
    torch.save({"state": Malicious(victim)}, tmp_path / "evil.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Malicious(victim)))
    for name in ("evil.pt", "plain.pt"):
        with pytest.raises(StoreError, match="not a checkpoint of Hamlet"):
            read_file(tmp_path / name)
    assert victim.exists()


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    saved_at(tmp_path, 100)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            save(tmp_path, 100, {"weights": torch.zeros(10_000)}, {"memory": torch.zeros(10_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_only_the_newest_replay_buffers_stay_and_every_checkpoint_does(tmp_path: Path) -> None:
    lineage = [saved_at(tmp_path, episode).saved for episode in range(100, 700, 100)]
    (tmp_path / ".checkpoint_ep00700.pt.tmp").write_bytes(b"cut short")
    (tmp_path / "notes.txt").touch()
    thin_replays(tmp_path, lineage)
    names = {path.name for path in tmp_path.iterdir()}
    assert {name for name in names if ".replay." in name} == {
        f"checkpoint_ep00{episode}.replay.pt" for episode in (400, 500, 600)
    }
    assert {checkpoint_name(episode) for episode in range(100, 700, 100)} < names
    assert "notes.txt" in names
    assert not any(name.endswith(".tmp") for name in names)


def replays(folder: Path) -> list[int]:
    """The milestones that keep their replay buffer."""
    return sorted(int(path.name[13:18]) for path in folder.glob("*.replay.pt"))


def test_replay_buffers_before_landmarks_and_at_intervals_stay_for_branches(tmp_path: Path) -> None:
    lineage = []
    for episode in range(100, 1300, 100):
        lineage.append(saved_at(tmp_path, episode).saved)
        # the stage changed after episode 250, the town after 600, so the checkpoint of 600 is too late
        landmarks = [landmark for landmark in (250, 600) if landmark <= episode]
        thin_replays(tmp_path, lineage, landmarks, every=400)
    assert replays(tmp_path) == [200, 400, 500, 800, 1000, 1100, 1200]


def test_of_too_many_replay_buffers_the_oldest_go_first_and_landmarks_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage = [saved_at(tmp_path, episode).saved for episode in range(100, 1300, 100)]
    assert lineage[0].replay is not None
    monkeypatch.setattr("producer.run.checkpoints.BRANCHING_BYTES", 3 * lineage[0].replay.bytes + 100)
    thin_replays(tmp_path, lineage, [250, 650], every=100)
    assert replays(tmp_path) == [200, 600, 900, 1000, 1100, 1200]
    monkeypatch.setattr("producer.run.checkpoints.BRANCHING_BYTES", lineage[0].replay.bytes + 100)
    thin_replays(tmp_path, lineage, [250, 650], every=100)
    assert replays(tmp_path) == [600, 1000, 1100, 1200]
