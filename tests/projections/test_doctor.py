"""The doctor finds what was broken on purpose, says what to do, and changes nothing."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest
from click.testing import CliRunner

from core.codec import Encoded
from core.errors import StoreError
from core.events import CheckpointSaved, SavedFile
from core.log import EventLog
from core.run_directory import RunDirectory, in_folder
from projections.backup import backup
from projections.cli import group
from projections.doctor import Finding, examine
from projections.doctor.findings import wal_size
from projections.readmodels import READ_MODELS
from tests.support.logs import write_log
from tests.support.read_models import project_log

Timed = tuple[Any, float]


@pytest.fixture
def run(tmp_path: Path, events_with_crashes: list[Timed]) -> RunDirectory:
    """A sound run: 400 episodes, five crashes, every checkpoint on disk, everything projected."""
    run = in_folder(tmp_path)
    run.checkpoints.mkdir()
    write_log(run.events, with_real_checkpoints(events_with_crashes, run.checkpoints))
    project_log(run.events, run.read_model)
    return run


def with_real_checkpoints(events_with_crashes: list[Timed], folder: Path) -> Iterator[Timed]:
    """Files for the story's checkpoints; a name used twice ends with the content of the second time."""
    for number, (event, recorded_at) in enumerate(events_with_crashes):
        if isinstance(event, CheckpointSaved):
            name, content = event.checkpoint.name, f"networks {number}".encode()
            (folder / name).write_bytes(content)
            replay = f"{Path(name).stem}.replay.pt"
            (folder / replay).write_bytes(content * 2)
            event = msgspec.structs.replace(
                event, checkpoint=saved(name, content), replay=saved(replay, content * 2)
            )
        yield event, recorded_at


def saved(name: str, content: bytes) -> SavedFile:
    return SavedFile(name, hashlib.sha256(content).hexdigest(), len(content))


def findings(run: RunDirectory, level: str, quick: bool = False) -> list[Finding]:
    return [finding for finding in examine(run, READ_MODELS, quick) if finding.level == level]


def alter(path: Path, *statements: str) -> None:
    connection = apsw.Connection(str(path))
    for statement in statements:
        connection.execute(statement)
    connection.close()


def append(path: Path, *rows: Encoded) -> None:
    log = EventLog(path)
    log.append_encoded(rows)
    log.close()


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xa5" * 4096
    path.write_bytes(content)


@pytest.mark.parametrize("quick", [False, True])
def test_a_sound_run_is_found_sound_and_left_alone(run: RunDirectory, quick: bool) -> None:
    before = {path: path.read_bytes() for path in (run.events, run.read_model)}
    assert findings(run, "problem", quick) == []
    assert findings(run, "warning", quick) == []
    assert {finding.subject for finding in findings(run, "ok", quick)} >= {
        "SQLite", "log pages", "log journal", "log guards", "log positions", "log events", "log WAL",
        "checkpoints", "read model pages", "projectors", "read model contents", "read model WAL",
    }  # fmt: skip
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("options", [[], ["--quick"], ["--thorough"]])
def test_a_fresh_backup_is_found_sound(run: RunDirectory, tmp_path: Path, options: list[str]) -> None:
    """A backup is the log in one file and the checkpoints; it has neither a WAL nor a read model."""
    kept = in_folder(tmp_path / "backup")
    backup(run.events, kept.events)
    shutil.copytree(run.checkpoints, kept.checkpoints)
    outcome = CliRunner().invoke(group, ["doctor", "--run-dir", str(tmp_path / "backup"), *options])
    assert outcome.exit_code == 0, outcome.output
    assert {line.split()[0] for line in outcome.output.splitlines()} == {"ok"}, outcome.output
    assert not kept.read_model.exists()


DEAR = "projections backup"
REBUILD = "projections rebuild"
Case = tuple[Callable[[RunDirectory], object], str, str, str]
CASES: dict[str, Case] = {
    "log damaged": (lambda run: damage(run.events), "log pages", "damaged: ", DEAR),
    "log gone": (lambda run: run.events.unlink(), "log", "no such log", DEAR),
    "guard removed": (
        lambda run: alter(run.events, "DROP TRIGGER events_refuse_update"),
        "log guards", "UPDATE would be accepted", "core/log_file.py",
    ),
    "guard emptied": (
        lambda run: alter(
            run.events,
            "DROP TRIGGER events_refuse_delete",
            "CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events BEGIN SELECT 1; END",
        ),
        "log guards", "DELETE would be accepted", "core/log_file.py",
    ),
    "events taken out": (
        lambda run: alter(
            run.events, "DROP TRIGGER events_refuse_delete", "DELETE FROM events WHERE position = 7"
        ),
        "log positions", "1 of ", DEAR,
    ),
    "an event nobody can read": (
        lambda run: append(run.events, (0.0, "heartbeat", 1, '{"type":"heartbeat"}')),
        "log events", "(heartbeat version 1) cannot be decoded", "projections run --skip",
    ),
    "a flipped bit": (
        lambda run: alter(
            run.events,
            "DROP TRIGGER events_refuse_update",
            "UPDATE events SET payload = replace(payload, '\"episode\":3,', '\"episode\":2,')"
            " WHERE type = 'cells_visited'",
        ),
        "log digests", ": not what was written ('cells_visited' version 2)", DEAR,
    ),
    "newest checkpoint gone": (
        lambda run: (run.checkpoints / "checkpoint_ep00400.pt").unlink(),
        "checkpoints", "checkpoint_ep00400.pt: missing", "resume from an older one",
    ),
    "newest replay buffer gone": (
        lambda run: (run.checkpoints / "checkpoint_ep00400.replay.pt").unlink(),
        "checkpoints", "checkpoint_ep00400.replay.pt: missing", "resume from an older one",
    ),
    "checkpoint torn": (
        lambda run: (run.checkpoints / "checkpoint_ep00100.pt").write_bytes(b"net"),
        "checkpoints", "3 bytes instead of ", "resume from an older one",
    ),
    "checkpoint flipped": (
        lambda run: (run.checkpoints / "checkpoint_ep00100.pt").write_bytes(
            (run.checkpoints / "checkpoint_ep00100.pt").read_bytes()[::-1]
        ),
        "checkpoints", "its sha256 is not the one in the log", "resume from an older one",
    ),
    "read models are garbage": (
        lambda run: run.read_model.write_bytes(b"garbage" * 1000), "read models", "not a database", REBUILD,
    ),
    "read models damaged": (
        lambda run: damage(run.read_model), "read model pages", "damaged: ", REBUILD,
    ),
    "a metric altered": (
        lambda run: alter(run.read_model, "UPDATE episodes SET total_reward = 99 WHERE episode_id = 1"),
        "read model contents", "episodes, episode 1", REBUILD,
    ),
    "a heatmap altered": (
        lambda run: alter(
            run.read_model, "UPDATE heatmap_episodes SET visits = zeroblob(128) WHERE episode_id = 400"
        ),
        "read model contents", "heatmap_episodes, episode 400", REBUILD,
    ),
    "visits lost": (
        lambda run: alter(run.read_model, "DELETE FROM affordance_visits"),
        "read model contents", "affordance_visits, episode ", REBUILD,
    ),
    "a projector of another version": (
        lambda run: alter(run.read_model, "UPDATE projector_positions SET version = 0 WHERE name = 'health'"),
        "projector health", "has version 0; this program knows version ", "projections run",
    ),
    "a projector missing": (
        lambda run: alter(run.read_model, "DELETE FROM projector_positions WHERE name = 'health'"),
        "projector health", "is not in the file", "projections run",
    ),
    "a projector poisoned": (
        lambda run: alter(
            run.read_model,
            "UPDATE projector_positions SET poison = 'KeyError: x', poison_position = 9"
            " WHERE name = 'health'",
        ),
        "projector health", "stopped by the event at position 9: KeyError: x", "projections run --skip 9",
    ),
    "another log's read models": (
        lambda run: alter(run.read_model, "UPDATE projector_positions SET position = 10000000"),
        "projector health", "another log's, or this one lost events", REBUILD,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("breaking", "subject", "said", "advice"), CASES.values(), ids=list(CASES))
def test_what_is_broken_is_found_with_what_to_do(
    run: RunDirectory, breaking: Callable[[RunDirectory], object], subject: str, said: str, advice: str
) -> None:
    breaking(run)
    found = [finding for finding in findings(run, "problem") if finding.subject == subject]
    assert found, f"nothing was said about {subject}"
    assert said in found[0].said
    assert advice in found[0].advice


def test_what_may_be_meant_is_only_a_warning(run: RunDirectory) -> None:
    (run.checkpoints / "checkpoint_ep00100.pt").unlink()
    (run.checkpoints / "checkpoint_ep00100.replay.pt").unlink()
    run.read_model.unlink()
    assert findings(run, "problem") == []
    (gone,) = findings(run, "warning")
    assert gone.said == "1 of 20 are gone, checkpoint_ep00100.pt the first of them"


def test_a_long_wal_is_worth_a_warning(tmp_path: Path) -> None:
    with (tmp_path / "events.db-wal").open("wb") as file:
        file.truncate(100_000_000)
    found = wal_size("log WAL", tmp_path / "events.db")
    assert (found.level, found.said) == ("warning", "100.0 MB, more than 64 MB")
    assert "fuser" in found.advice


def test_the_command_prints_every_finding_and_fails_when_there_is_a_problem(run: RunDirectory) -> None:
    arguments = ["doctor", "--run-dir", str(run.events.parent)]
    outcome = CliRunner().invoke(group, arguments)
    assert outcome.exit_code == 0, outcome.output
    assert "ok       log guards: UPDATE, DELETE, INSERT OR REPLACE" in outcome.output

    alter(run.events, "DROP TRIGGER events_refuse_update")
    outcome = CliRunner().invoke(group, [*arguments, "--quick"])
    assert isinstance(outcome.exception, StoreError)
    assert str(outcome.exception) == "1 problem found in this run, see above"
    assert "problem  log guards: UPDATE would be accepted" in outcome.output


def test_a_thorough_look_compares_every_row(run: RunDirectory) -> None:
    alter(run.read_model, "UPDATE heartbeats SET loss = loss * 1.001 WHERE episode = 35")
    assert not [finding for finding in examine(run, READ_MODELS, False) if finding.level == "problem"]
    thorough = [finding for finding in examine(run, READ_MODELS, False, True) if finding.level == "problem"]
    assert [finding.said for finding in thorough] == ["heartbeats: a row is not what the log gives"]
    alter(run.read_model, "UPDATE projector_positions SET position = position - 1 WHERE name = 'health'")
    thorough = [finding for finding in examine(run, READ_MODELS, False, True) if finding.level == "problem"]
    assert "the projectors stand at different positions" in thorough[-1].said
