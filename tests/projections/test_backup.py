"""A backup is a log: taken while another process appends, whole, guarded, and good enough to go on from."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner

from core.errors import StoreError
from core.events import RunStopped
from core.log import EventLog, LogReader
from core.log_header import APPLICATION_ID
from projections.backup import backup
from projections.cli import group
from tests.support.logs import write_log

Timed = tuple[Any, float]

BUSY_WRITER = """
import sys
from pathlib import Path
from core.events import RunStopped
from core.log import EventLog

log = EventLog(Path(sys.argv[1]))
while True:
    group = [RunStopped(episode=n, reason="signal", detail="x" * 500) for n in range(20)]
    print(log.append(group), flush=True)
"""


@pytest.fixture
def events(tmp_path: Path, events_with_crashes: list[Timed]) -> Path:
    return write_log(tmp_path / "events.db", events_with_crashes)


def contents(path: Path) -> list[object]:
    reader = LogReader(path)
    try:
        return list(reader.read(0, 1_000_000))
    finally:
        reader.close()


def test_a_copy_holds_the_same_events_and_the_same_guards(events: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere" / "copy.db"
    position = backup(events, out)
    assert contents(out) == contents(events)
    assert position == len(contents(events))
    assert [path.name for path in out.parent.iterdir()] == ["copy.db"]

    copy = apsw.Connection(str(out))
    assert copy.pragma("application_id") == APPLICATION_ID
    for statement in ("UPDATE events SET version = 2", "DELETE FROM events"):
        with pytest.raises(apsw.ConstraintError, match="append-only"):
            copy.execute(statement)
    copy.close()

    log = EventLog(out)
    assert log.append([RunStopped(episode=1, reason="signal")]) == position + 1
    log.close()


def test_a_copy_of_a_log_in_use_ends_with_a_whole_group(events: Path, tmp_path: Path) -> None:
    """A process appends groups of 20 without a pause; ten copies each hold a prefix of what it wrote."""
    before = len(contents(events))
    with subprocess.Popen(
        [sys.executable, "-c", BUSY_WRITER, events], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        try:
            positions = []
            for number in range(10):
                acknowledged = int(writer.stdout.readline())
                positions.append(backup(events, tmp_path / f"{number}.db"))
                assert positions[-1] >= acknowledged
        finally:
            writer.kill()
    assert positions == sorted(positions)
    assert positions[-1] > positions[0]
    everything = contents(events)
    for number, position in enumerate(positions):
        assert (position - before) % 20 == 0
        assert contents(tmp_path / f"{number}.db") == everything[:position]


def test_a_second_copy_replaces_the_first_as_a_whole(events: Path, tmp_path: Path) -> None:
    out = tmp_path / "copies" / "log.db"
    first = backup(events, out)
    log = EventLog(events)
    log.append([RunStopped(episode=1, reason="signal")])
    log.close()
    assert backup(events, out) == first + 1
    assert contents(out) == contents(events)
    assert [path.name for path in out.parent.iterdir()] == ["log.db"]


def test_as_many_copies_are_kept_as_asked_for(events: Path, tmp_path: Path) -> None:
    out, reached = tmp_path / "copies" / "log.db", []
    log = EventLog(events)
    for number in range(5):
        log.append([RunStopped(episode=number, reason="signal")])
        reached.append(backup(events, out, keep=3))
    log.close()
    assert sorted(path.name for path in out.parent.iterdir()) == ["log.db", "log.db.1", "log.db.2"]
    kept = [out, out.with_name("log.db.1"), out.with_name("log.db.2")]
    assert [len(contents(path)) for path in kept] == reached[:1:-1]


def test_nothing_but_an_older_copy_of_the_log_is_replaced(
    events: Path, tmp_path: Path, events_without_crashes: list[Timed]
) -> None:
    """A log that was lost and begun anew must not replace the copy of the old one."""
    text = tmp_path / "text.db"
    text.write_text("something dear")
    other, longer = tmp_path / "other.db", tmp_path / "longer.db"
    write_log(other, events_without_crashes[:50])
    backup(events, longer)
    log = EventLog(longer)
    log.append([RunStopped(episode=1, reason="signal")])
    log.close()
    for out, reason in (
        (text, "is no copy of a log"),
        (other, "not an older copy of"),
        (longer, "not an older copy of"),
        (events, "is the log itself"),
    ):
        before = out.read_bytes()
        with pytest.raises(StoreError, match=reason):
            backup(events, out, keep=2)
        assert out.read_bytes() == before
    assert not list(tmp_path.glob("*.1"))


def test_nothing_half_done_is_left(events: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"missing\.db: no such log"):
        backup(tmp_path / "missing.db", tmp_path / "copy.db")

    content = bytearray(events.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xa5" * 4096
    events.write_bytes(content)
    with pytest.raises(StoreError, match="the copy is damaged"):
        backup(events, tmp_path / "copy.db")
    assert not list(tmp_path.glob("*copy*"))


def test_the_command_says_how_far_the_copy_reaches(events: Path, tmp_path: Path) -> None:
    arguments = ["backup", "--run-dir", str(tmp_path), "--out", str(tmp_path / "copy.db")]
    outcome = CliRunner().invoke(group, arguments)
    assert outcome.exit_code == 0
    assert f"everything up to position {len(contents(events))}, " in outcome.output
