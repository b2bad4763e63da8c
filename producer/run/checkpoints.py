"""Checkpoint files: written whole or not at all, verified when read; replay buffers of old ones are deleted.

What goes into a checkpoint is its owner's `state_dict`; what it stands for is said by a `checkpoint_saved`
event. A file counts only when that event, on the present lineage, names its sha256. The replay buffer, by far
the largest part, is a file of its own. It is kept for the newest few checkpoints, for a resume, and for some
older ones, for branches.
"""

import hashlib
import io
import sys
import warnings
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import torch

from core.errors import StoreError
from core.events import CheckpointSaved, SavedFile
from core.process.files import atomic_write, remove_unfinished
from producer.run.lineage import SavedAt

__all__ = [
    "Loaded",
    "checkpoint_name",
    "load_newest",
    "read_file",
    "save",
    "sha256_of",
    "thin_replays",
]

REPLAYS_KEPT = 3
"""Newest checkpoints that keep their replay buffer: enough to survive two broken ones in a row."""

BRANCHING_BYTES = 200_000_000
"""Size of all replay buffers together that are kept for branches only."""


class Loaded(msgspec.Struct, frozen=True):
    """A checkpoint read back; `replay` is None where only the replay buffer is missing or broken."""

    position: int
    saved: CheckpointSaved
    state: dict[str, Any]
    replay: dict[str, Any] | None


def checkpoint_name(milestone: int) -> str:
    """File name after the milestone, the episode number that made the checkpoint due.

    Several episodes may end in one rollout, and a checkpoint is taken after it: `checkpoint_ep00100.pt` may
    stand for episode 102. Which one it does stand for is `CheckpointSaved.episode`.
    """
    return f"checkpoint_ep{milestone:05d}.pt"


def save(
    folder: Path, milestone: int, state: dict[str, Any], replay: dict[str, Any]
) -> tuple[SavedFile, SavedFile]:
    """Write a checkpoint and its replay buffer durably; both are on disk when this returns.

    The same state gives the same bytes, so that two runs can be compared by their checkpoints' sha256.

    Raises:
        OSError: the disk is full or not writable; what was there before is untouched.
    """
    name = checkpoint_name(milestone)
    saved_replay = _write_durably(folder / f"{Path(name).stem}.replay.pt", _serialised(replay))
    return _write_durably(folder / name, _serialised(state)), saved_replay


def load_newest(folder: Path, candidates: Sequence[SavedAt], warn: Callable[[str], None]) -> Loaded | None:
    """Read the newest checkpoint that is whole, `candidates` oldest first; name the broken ones to `warn`.

    A checkpoint without its replay buffer is taken only when no whole one is left: going on from it loses
    less than beginning anew, though it does not repeat exactly what would have been.
    """
    without_replay: Loaded | None = None
    for candidate in reversed(candidates):
        saved = candidate.saved
        try:
            state = read_file(folder / saved.checkpoint.name, saved.checkpoint)
        except StoreError as error:
            warn(f"{error}; trying the checkpoint before it")
            continue
        try:
            if saved.replay is None:
                raise StoreError(f"{saved.checkpoint.name}: was saved without a replay buffer")
            replay = read_file(folder / saved.replay.name, saved.replay)
        except StoreError as error:
            if without_replay is None:
                without_replay = Loaded(candidate.position, saved, state, None)
                warn(f"{error}; looking for an older checkpoint that has one")
            continue
        return Loaded(candidate.position, saved, state, replay)
    if without_replay is not None:
        name = without_replay.saved.checkpoint.name
        warn(f"{folder / name}: taken with an empty replay buffer, since no whole checkpoint is left")
    return without_replay


def read_file(path: Path, expected: SavedFile | None = None) -> dict[str, Any]:
    """Read one file of a checkpoint, tensors on the CPU; no code in it is ever run (`weights_only`).

    Raises:
        StoreError: missing, unreadable, not a checkpoint, or not the bytes that `expected` promises.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
    if expected is not None and hashlib.sha256(content).hexdigest() != expected.sha256:
        raise StoreError(f"{path}: damaged, its sha256 is not the one in the log")
    try:
        with warnings.catch_warnings(action="ignore"):
            state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises errors of many types on bytes that are no checkpoint
        raise StoreError(f"{path}: not a checkpoint of Hamlet, or damaged") from error
    if not isinstance(state, dict):
        raise StoreError(f"{path}: not a checkpoint of Hamlet; it holds a {type(state).__name__}")
    return state


def sha256_of(state: dict[str, Any]) -> str:
    """The sha256 (hex) of the file that `save` would write of this state."""
    return hashlib.sha256(_serialised(state)).hexdigest()


def thin_replays(
    folder: Path, lineage: Sequence[CheckpointSaved], landmarks: Sequence[int] = (), every: int = 0
) -> set[str]:
    """Remove the replay files that neither a resume nor a branch needs; the names of those that stay.

    `lineage` are the checkpoints, oldest first. The newest `REPLAYS_KEPT` keep their replay buffers for a
    resume. For branches the newest checkpoint before each landmark (an episode after which the town or the
    stage changed) keeps its buffer, and so does one every `every` episodes (0: none). If these are more than
    `BRANCHING_BYTES`, the oldest go first, those before landmarks last. Temporary files of interrupted
    writes are removed, too. Nothing else in the folder is touched.
    """
    remove_unfinished(folder, "checkpoint_ep*")
    kept = {saved.replay.name for saved in lineage[-REPLAYS_KEPT:] if saved.replay is not None}
    kept |= _kept_for_branches(folder, lineage, landmarks, every)
    for path in [*folder.glob("checkpoint_ep*.replay.pt"), *folder.glob(".checkpoint_ep*.tmp")]:
        if path.name not in kept:
            path.unlink(missing_ok=True)
    return kept


def _kept_for_branches(
    folder: Path, lineage: Sequence[CheckpointSaved], landmarks: Sequence[int], every: int
) -> set[str]:
    """The replay files that are kept for branches, within the budget; the newest checkpoints' are no part."""
    episodes = [saved.episode for saved in lineage]
    before_landmarks = {bisect_left(episodes, landmark) - 1 for landmark in landmarks}
    regular = {
        at
        for at, (before, episode) in enumerate(pairwise([0, *episodes]))
        if every and episode // every > before // every
    }
    files = [
        saved.replay
        for at in (*sorted(regular - before_landmarks), *sorted(before_landmarks))
        if 0 <= at < len(lineage) - REPLAYS_KEPT
        and (saved := lineage[at]).replay is not None
        and (folder / saved.replay.name).exists()
    ]
    while sum(file.bytes for file in files) > BRANCHING_BYTES:
        del files[0]
    return {file.name for file in files}


def _serialised(state: dict[str, Any]) -> memoryview:
    buffer = io.BytesIO()
    torch.save(_canonical(state), buffer)
    return buffer.getbuffer()


def _canonical(value: Any) -> Any:
    """The same value in one form only: tensors on the CPU in storages of their own, strings interned.

    pickle writes what it has met before as a reference, so equal values of another history give other bytes.
    """
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().clone(memory_format=torch.contiguous_format)
    if isinstance(value, str):
        return sys.intern(value)
    if isinstance(value, dict):
        return {_canonical(key): _canonical(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(part) for part in value]
    return value


def _write_durably(path: Path, content: memoryview) -> SavedFile:
    """Write a file whole or not at all; its name, sha256 and size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, content)
    return SavedFile(path.name, hashlib.sha256(content).hexdigest(), len(content))
