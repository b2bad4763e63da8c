"""A run directory that nobody may write to: who must write says so in a sentence, who only reads can read.

Permission bits do not stop root, as which these tests may run; a file system mounted read-only does.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from core.process.sqlite import is_immutable, open_writer
from projections.engine.reader import ReadModel
from projections.engine.store import SCHEMA_VERSION
from tests.faults.conftest import Mount

COMMANDS = Path(sys.executable).parent


@pytest.fixture
def read_only(disk: Mount, logged: Path) -> Iterator[Path]:
    """A projected run of 300 episodes whose file system takes no more writes."""
    folder = disk("run", "16m")
    shutil.copy(logged, folder / "events.db")
    call("projections", "run", "--until-caught-up", "--run-dir", folder)
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True, timeout=120)
    yield folder
    subprocess.run(["mount", "-o", "remount,rw", folder], check=True, timeout=120)


def call(command: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [COMMANDS / command, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        ("producer", "run", "--config", "configs/townlet/quick.yaml"),
        ("producer", "record-policies"),
        ("projections", "run"),
        ("projections", "rebuild"),
        ("server", "snapshots"),
    ],
    ids=" ".join,
)
def test_who_must_write_says_where_it_cannot(read_only: Path, command: tuple[str, ...]) -> None:
    refused = call(*command, "--run-dir", read_only)
    assert refused.returncode == 74
    assert refused.stderr.startswith(f"error: {read_only}")
    assert "cannot write there (Read-only file system); name a writable directory" in refused.stderr
    assert refused.stderr.count("\n") == 1


READERS = (
    ("producer", "status"),
    ("projections", "status"),
    ("projections", "at", "--episode", "5"),
)


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_who_only_reads_needs_no_writable_place(read_only: Path, command: tuple[str, ...]) -> None:
    answered = call(*command, "--run-dir", read_only)
    assert (answered.returncode, answered.stderr) == (0, "")
    assert sorted(path.name for path in read_only.glob("*.db*")) == [
        "demo_state.db", "demo_state.db.lock", "events.db"
    ]  # fmt: skip


def test_a_table_of_it_can_be_exported_elsewhere(read_only: Path, tmp_path: Path) -> None:
    exported = call("projections", "export", "--run-dir", read_only, "--what", "episodes", "--out",
                    tmp_path / "episodes.csv")  # fmt: skip
    assert exported.returncode == 0, exported.stderr
    assert (tmp_path / "episodes.csv").read_text().count("\n") == 301


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_a_full_disk_keeps_nobody_from_reading(disk: Mount, logged: Path, command: tuple[str, ...]) -> None:
    folder = disk("run", "16m")
    shutil.copy(logged, folder / "events.db")
    call("projections", "run", "--until-caught-up", "--run-dir", folder)
    with (folder / "fills the disk").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    answered = call(*command, "--run-dir", folder)
    assert (answered.returncode, answered.stderr) == (0, "")


def test_what_is_written_after_a_read_only_time_is_seen(disk: Mount, logged: Path) -> None:
    folder = disk("an odd name?#%", "16m")
    with closing(open_writer(folder / "t.db", "FULL")) as writer:
        writer.execute("CREATE TABLE projector_positions (a)")
        writer.pragma("user_version", SCHEMA_VERSION)
    model = ReadModel(folder / "t.db")
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True, timeout=120)
    with closing(model), model.snapshot() as before:
        assert before is not None
        assert is_immutable(before)
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True, timeout=120)
        with closing(open_writer(folder / "t.db", "FULL")) as writer:
            writer.execute("INSERT INTO projector_positions VALUES (7)")
    with closing(model), model.snapshot() as after:
        assert after is not None
        assert after.execute("SELECT a FROM projector_positions").fetchall() == [(7,)]


def test_where_a_part_is_missing_the_sentence_says_what_to_do(disk: Mount, logged: Path) -> None:
    folder = disk("run", "16m")
    shutil.copy(logged, folder / "events.db")
    # only the main file's pages tell a reader where the rest is: any bytes stand for a part not merged yet
    (folder / "events.db-wal").write_bytes(bytes(64))
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True, timeout=120)
    refused = call("producer", "status", "--run-dir", folder)
    subprocess.run(["mount", "-o", "remount,rw", folder], check=True, timeout=120)
    assert refused.returncode == 74
    assert "its -wal holds a part of it" in refused.stderr
    assert "copy the directory to a writable place" in refused.stderr
    assert refused.stderr.count("\n") == 1
