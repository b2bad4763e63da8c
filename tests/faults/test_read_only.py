"""A run directory that nobody may write to: each command says so in a sentence, and nothing changes.

Permission bits do not stop root, as which these tests may run; a file system mounted read-only does.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("command", [("projections", "status"), ("projections", "at", "--episode", "5")])
def test_who_only_reads_is_told_what_sqlite_lacks_there(read_only: Path, command: tuple[str, ...]) -> None:
    refused = call(*command, "--run-dir", read_only)
    assert refused.returncode == 74
    assert "its directory cannot be written" in refused.stderr
    assert "copy the directory to a writable place" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_copy_of_it_can_be_read(read_only: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(read_only, tmp_path / "copy")
    status = call("producer", "status", "--run-dir", copy)
    assert (status.returncode, "episode 300 of 300" in status.stdout) == (0, True), status.stderr
    exported = call("projections", "export", "--run-dir", copy, "--what", "episodes", "--out",
                    tmp_path / "episodes.csv")  # fmt: skip
    assert exported.returncode == 0, exported.stderr
    assert (tmp_path / "episodes.csv").read_text().count("\n") == 301
