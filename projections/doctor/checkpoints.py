"""Compares checkpoint files with the log: each is there, as long as recorded, with the same digest."""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from core.codec import decode
from core.events import CheckpointSaved, RunBranched, SavedFile
from core.log import LogReader
from projections.doctor.findings import MEGABYTE, Finding, ok, problem, warning

NEWEST = 3
"""Checkpoints that keep their replay buffer; a quick check reads these only."""

SKIPPED = "`producer run` will skip it and resume from an older one; restore it from a backup if you have one"


def examine_checkpoints(folder: Path, log: LogReader, quick: bool) -> Iterator[Finding]:
    """Compare every checkpoint the log names with its file; a name used twice means the newer one.

    In the log of a branch, what comes before the branch point names files of the parent.
    """
    saved: dict[str, CheckpointSaved] = {}
    for recorded in log.milestones(CheckpointSaved, RunBranched):
        # an event that cannot be decoded is reported with the log
        with contextlib.suppress(msgspec.MsgspecError, LookupError):
            event = decode(recorded)
            if isinstance(event, RunBranched):
                saved.clear()
                event = event.saved
            if isinstance(event, CheckpointSaved):
                saved.pop(event.checkpoint.name, None)
                saved[event.checkpoint.name] = event
    if not saved:
        yield ok("checkpoints", "none yet")
        return
    names = list(saved)[-NEWEST:] if quick else list(saved)
    sound = read = 0
    missing = []
    for name in names:
        event, newest = saved[name], name == names[-1]
        found = _compare(folder, event.checkpoint)
        if found == "missing" and not newest:
            missing.append(name)
        elif found is not None:
            yield problem("checkpoints", f"{folder / name}: {found}", SKIPPED)
        else:
            sound += 1
            read += event.checkpoint.bytes
        if event.replay is not None:
            # older replay buffers are thinned out on purpose
            found = _compare(folder, event.replay)
            if found is not None and (newest or found != "missing"):
                yield problem("checkpoints", f"{folder / event.replay.name}: {found}", SKIPPED)
    if missing:
        yield warning(
            "checkpoints",
            f"{len(missing)} of {len(names)} are gone, {missing[0]} the first of them",
            "nothing, if you deleted them; the run resumes from the newest one",
        )
    yield ok("checkpoints", f"{sound} of {len(saved)} compared with the log, {read / MEGABYTE:.0f} MB")


def _compare(folder: Path, file: SavedFile) -> str | None:
    """What is wrong with a file, None if nothing is."""
    try:
        with (folder / file.name).open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
            size = handle.tell()
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if size != file.bytes:
        return f"{size} bytes instead of {file.bytes}"
    if digest != file.sha256:
        return "its sha256 is not the one in the log"
    return None
