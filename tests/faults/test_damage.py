"""Damaged files, in many ways, at random places: a sentence, never a traceback; what can be mended is.

Damage to the log: every event that is still whole is still read, and what is lost is said by `doctor`.
Damage to a read model: `projections rebuild` makes it equal again. All through the functions behind the
commands, in this process, so that hundreds of files can be spoilt; the sentences that a user meets are tested
at the end, with real commands.
"""

import random
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from core.codec import Recorded
from core.errors import HamletError, StoreError
from core.log import EventLog, LogReader
from core.run_directory import in_folder
from producer.run import status
from producer.run.lineage import read_past
from projections.doctor import examine
from projections.engine import process
from projections.engine.reader import ReadModel
from projections.engine.rebuild import rebuild
from projections.readmodels import READ_MODELS
from projections.readmodels.criteria import read_scorecard
from projections.readmodels.health import read_trainer_status
from projections.readmodels.replays import read_replay
from projections.readmodels.run import read_run
from projections.state import read_state
from tests.support.read_models import read_tables

Tables = dict[str, list[tuple[Any, ...]]]
COMMANDS = Path(sys.executable).parent
PAGE = 4096


def flip(content: bytearray, moments: random.Random) -> None:
    content[moments.randrange(len(content))] ^= 1 << moments.randrange(8)


def truncate(content: bytearray, moments: random.Random) -> None:
    del content[moments.randrange(1, len(content)) :]


def blank(content: bytearray, moments: random.Random) -> None:
    start = moments.randrange(len(content) // PAGE) * PAGE
    content[start : start + PAGE] = bytes(PAGE)


def scramble(content: bytearray, moments: random.Random) -> None:
    start = moments.randrange(len(content) // PAGE) * PAGE
    content[start : start + PAGE] = moments.randbytes(PAGE)


DAMAGES = (flip, flip, flip, truncate, blank, scramble)


@pytest.fixture
def run_dir(tmp_path: Path, logged: Path) -> Path:
    folder = tmp_path / "sound"
    folder.mkdir()
    shutil.copy(logged, folder / "events.db")
    project(folder)
    return folder


def project(folder: Path) -> None:
    """Bring the read model of a run up to date."""
    run = in_folder(folder)
    process.run(run.read_model, run.events, READ_MODELS, threading.Event(), until_caught_up=True)


def ask(folder: Path) -> None:
    """Ask the read model what the server asks it."""
    model = ReadModel(folder / "demo_state.db")
    try:
        with model.snapshot() as connection:
            if connection is not None:
                read_run(connection)
                read_trainer_status(connection)
                read_scorecard(connection)
                for episode in (None, 1, 80, 150, 299):
                    read_state(connection, episode)
                for episode in (1, 150, 299):
                    read_replay(connection, episode)
    finally:
        model.close()


def problems(folder: Path, thorough: bool = False) -> set[str]:
    """What `doctor` finds wrong, checkpoints left aside: a synthetic run has none."""
    try:
        findings = list(examine(in_folder(folder), READ_MODELS, quick=False, thorough=thorough))
    except StoreError as error:
        return {str(error)}
    return {f"{f.subject}: {f.said}" for f in findings if f.level == "problem" and f.subject != "checkpoints"}


def sentence(act: Callable[[], object]) -> str | None:
    """The sentence that an action ends with, None when it succeeds; any other error fails the test."""
    try:
        act()
    except HamletError as error:
        return str(error)
    return None


def read_all(path: Path) -> list[Recorded]:
    """Every event that can be read, one by one."""
    log = LogReader(path)
    try:
        found = []
        for after in range(log.head()):
            try:
                found += log.read(after, 1, after + 1)
            except StoreError:
                continue
        return found
    finally:
        log.close()


def spoilt(run_dir: Path, name: str, number: int, moments: random.Random) -> tuple[Path, str]:
    """A copy of a run with one file damaged, and how."""
    damage = DAMAGES[number % len(DAMAGES)]
    copy = Path(shutil.copytree(run_dir, run_dir.parent / f"spoilt-{number}"))
    content = bytearray((copy / name).read_bytes())
    damage(content, moments)
    (copy / name).write_bytes(content)
    return copy, damage.__name__


@pytest.mark.timeout(1800)
def test_a_damaged_log_is_never_taken_for_a_whole_one_silently(
    run_dir: Path, kills: int, moments: random.Random
) -> None:
    sound, straight = read_all(run_dir / "events.db"), read_tables(run_dir / "demo_state.db")
    outcomes: Counter[str] = Counter()
    for number in range(6 * kills):
        folder, damage = spoilt(run_dir, "events.db", number, moments)
        (folder / "demo_state.db").unlink()

        def open_as_trainer(folder: Path = folder) -> None:
            log = EventLog(folder / "events.db")
            try:
                read_past(log)
            finally:
                log.close()

        trainer = sentence(open_as_trainer)
        sentence(lambda folder=folder: status.report(in_folder(folder)))
        projected = sentence(lambda folder=folder: project(folder))
        found = problems(folder)
        if trainer is None:
            read = read_all(folder / "events.db")
            if damage == "flip":
                known = set(sound)
                assert len([record for record in read if record not in known]) <= 1, "a flip spoils one event"
            if len(read) < len(sound):
                assert found, f"{len(sound) - len(read)} events lost ({damage}), and doctor finds nothing"
        else:
            assert found
        same = projected is None and read_tables(folder / "demo_state.db") == straight
        outcomes[f"{damage}: {'harmless' if same else 'found' if found else 'unnoticed'}"] += 1
        shutil.rmtree(folder)
    print(f"the log: {dict(sorted(outcomes.items()))}")
    assert not any(what.endswith("unnoticed") and not what.startswith("flip") for what in outcomes)


@pytest.mark.timeout(1800)
def test_a_damaged_read_model_is_repaired_by_a_rebuild(
    run_dir: Path, kills: int, moments: random.Random
) -> None:
    straight = read_tables(run_dir / "demo_state.db")
    assert not problems(run_dir, thorough=True)
    outcomes: Counter[str] = Counter()
    for number in range(6 * kills):
        folder, damage = spoilt(run_dir, "demo_state.db", number, moments)
        sentences = [
            sentence(lambda folder=folder: ask(folder)),
            sentence(lambda folder=folder: project(folder)),
        ]
        found = problems(folder)
        try:
            same = read_tables(folder / "demo_state.db") == straight
        except (apsw.Error, UnicodeDecodeError):
            same = False
        # numbers have no checksum: what neither pages nor samples show, a second look at every row does
        noticed = "noticed at once" if found or any(sentences) else "noticed by a thorough look"
        outcomes[f"{damage}: {'harmless' if same else noticed}"] += 1
        assert same or found or any(sentences) or problems(folder, thorough=True)
        run = in_folder(folder)
        rebuild(run.read_model, run.events, READ_MODELS)
        assert read_tables(folder / "demo_state.db") == straight
        shutil.rmtree(folder)
    print(f"the read model: {dict(sorted(outcomes.items()))}")


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database, " * 4000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def newer(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 7)
    connection.close()


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // PAGE // 2 * PAGE])


STATUS = ("producer", "status")
TRAINER = ("producer", "run", "--config", "configs/townlet/quick.yaml")
PROJECTOR = ("projections", "run", "--until-caught-up")
REBUILD = "`projections rebuild`"


@pytest.mark.parametrize(
    ("name", "damage", "command", "said"),
    [
        ("events.db", garbage, STATUS, "file is not a database"),
        ("events.db", garbage, PROJECTOR, "file is not a database"),
        ("events.db", empty, TRAINER, "empty; restore a backup, or remove it to begin a new log"),
        (
            "events.db",
            newer,
            STATUS,
            "log schema version 7, this program knows 2; use the release that wrote it",
        ),
        ("events.db", newer, PROJECTOR, "log schema version 7, this program knows 2"),
        ("events.db", half, STATUS, "malformed"),
        ("events.db", half, PROJECTOR, "malformed"),
        ("demo_state.db", garbage, PROJECTOR, REBUILD),
        ("demo_state.db", newer, PROJECTOR, REBUILD),
        ("demo_state.db", newer, ("projections", "at", "--episode", "5"), REBUILD),
        ("demo_state.db", half, PROJECTOR, REBUILD),
    ],
    ids=lambda part: getattr(part, "__name__", None) or (part[0] if isinstance(part, tuple) else None),
)
def test_the_user_gets_one_clear_sentence(
    run_dir: Path, name: str, damage: Callable[[Path], None], command: tuple[str, ...], said: str
) -> None:
    damage(run_dir / name)
    spoilt_bytes = (run_dir / name).read_bytes()
    refused = subprocess.run(
        [COMMANDS / command[0], *command[1:], "--run-dir", run_dir],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert refused.returncode == 74, refused.stdout + refused.stderr
    (error,) = [line for line in refused.stderr.splitlines() if not line.startswith("[")]
    assert error.startswith(f"error: {run_dir / name}: ")
    assert said in error
    assert (run_dir / name).read_bytes() == spoilt_bytes, "what may still be rescued was touched"
