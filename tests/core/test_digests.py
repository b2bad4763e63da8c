"""The digest chain: every changed bit is found, and an old log goes on with a chain."""

import contextlib
import random
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.codec import decode
from core.digests import START, Broken, digest
from core.digests import first_broken as broken_in
from core.errors import StoreError
from core.events import Heartbeat, RunStopped
from core.log import EventLog, LogReader

OLD_SCHEMA = """
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT CHECK (position > 0),
    recorded_at REAL NOT NULL,
    type TEXT NOT NULL,
    version INTEGER NOT NULL,
    payload TEXT NOT NULL CHECK (json_valid(payload))
) STRICT;
PRAGMA application_id = 0x48414D4C;
PRAGMA user_version = 1;
"""
"""What the first release of the log created, without its guards."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


def stopped(episode: int) -> RunStopped:
    return RunStopped(episode=episode, reason="signal", detail="é" * (episode % 5))


def write(path: Path, episodes: range) -> bytes:
    """Append one event an episode, in batches of uneven size; the digest of the newest."""
    log = EventLog(path)
    for first in range(episodes.start, episodes.stop, 7):
        log.append([stopped(episode) for episode in range(first, min(first + 7, episodes.stop))])
    log.close()
    return log.digest


def old_log(path: Path, count: int) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(OLD_SCHEMA)
    for episode in range(1, count + 1):
        payload = f'{{"type":"run_stopped","episode":{episode},"reason":"signal","detail":""}}'
        connection.execute(
            "INSERT INTO events (recorded_at, type, version, payload) VALUES (0.0, 'run_stopped', 1, ?)",
            (payload,),
        )
    connection.close()


class UndoneError(Exception):
    """Ends a transaction whose changes are not wanted."""


def unguarded(path: Path) -> apsw.Connection:
    """The log open for changes, past guards and checks, as a failing disk would make them."""
    connection = apsw.Connection(str(path))
    connection.pragma("ignore_check_constraints", True)
    connection.execute("DROP TRIGGER IF EXISTS events_refuse_update")
    return connection


def change(connection: apsw.Connection, column: str, position: int, bit: Callable[[bytes], bytes]) -> None:
    """Change one value of one row; an integer by a bit of its eight bytes."""
    (value,) = connection.execute(f"SELECT {column} FROM events WHERE position = ?", (position,)).fetchone()
    changed: object
    if isinstance(value, int):
        changed = int.from_bytes(bit(value.to_bytes(8, signed=True)), signed=True)
    elif isinstance(value, bytes):
        changed = bit(value)
    else:
        changed = bit(value.encode())
    kind = "TEXT" if isinstance(value, str) else ""
    placed = f"CAST(? AS {kind})" if kind else "?"
    connection.execute(f"UPDATE events SET {column} = {placed} WHERE position = ?", (changed, position))


def flip(bit: int) -> Callable[[bytes], bytes]:
    """Flip one bit of a value, counted around its end."""

    def flipped(value: bytes) -> bytes:
        changed = bytearray(value)
        changed[bit // 8 % len(value)] ^= 1 << bit % 8
        return bytes(changed)

    return flipped


def spoil(path: Path, position: int) -> None:
    """Flip a bit of the payload at a position."""
    connection = unguarded(path)
    change(connection, "payload", position, flip(100))
    connection.close()


def first_broken(path: Path, after: int = 0, until: int = 2**63 - 1) -> Broken | None:
    reader = LogReader(path)
    try:
        return reader.first_broken(after, until)
    finally:
        reader.close()


def test_the_digest_is_what_the_documentation_says() -> None:
    previous = bytes(range(16))
    expected = blake2b(previous + b"12 3 4 rain{}", digest_size=16).digest()
    assert digest(previous, 12, "rain", 3, "{}") == digest(previous, 12, b"rain", 3, b"{}") == expected


@given(
    st.lists(
        st.tuples(st.binary(min_size=16, max_size=16), st.integers(1), st.text(), st.integers(1), st.text()),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_no_two_rows_have_one_digest(rows: list[tuple[bytes, int, str, int, str]]) -> None:
    assert digest(*rows[0]) != digest(*rows[1])


def test_the_head_names_the_history_however_it_was_cut_into_batches(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.db", range(1, 40))
    write(tmp_path / "b.db", range(1, 5))
    assert write(tmp_path / "b.db", range(5, 40)) == whole
    assert write(tmp_path / "c.db", range(1, 39)) != whole
    reader = LogReader(tmp_path / "a.db")
    assert reader.head_digest() == whole
    reader.close()


def test_an_empty_log_has_the_start_for_a_head(path: Path) -> None:
    log = EventLog(path)
    assert log.digest == START
    log.close()
    assert first_broken(path) is None


@pytest.mark.parametrize("column", ["payload", "type", "version", "digest"])
def test_every_flipped_bit_is_found_at_its_position(path: Path, column: str) -> None:
    """250 flips a column, each undone before the next."""
    write(path, range(1, 30))
    connection, draw = unguarded(path), random.Random(column)
    for _ in range(250):
        position = draw.randint(1, 29)
        with contextlib.suppress(UndoneError), connection:
            change(connection, column, position, flip(draw.randrange(10_000)))
            assert broken_in(connection) == Broken(position, position)
            raise UndoneError
        assert broken_in(connection) is None
    connection.close()


def test_parts_can_be_checked_alone(path: Path) -> None:
    write(path, range(1, 30))
    spoil(path, 20)
    assert first_broken(path, 0, 19) is None
    assert first_broken(path, 20) is None
    assert first_broken(path, 19, 20) == Broken(20, 20)


def test_an_old_log_is_read_and_goes_on_with_a_chain_over_all_of_it(path: Path) -> None:
    old_log(path, 10)
    before = path.read_bytes()
    reader = LogReader(path)
    head = reader.head_digest()
    assert [decode(row) for row in reader.read(0, 20)] == [
        RunStopped(episode=n, reason="signal", detail="") for n in range(1, 11)
    ]
    reader.close()
    assert first_broken(path) is None
    assert path.read_bytes() == before
    log = EventLog(path)
    assert log.digest == head
    assert log.append([stopped(11), stopped(12)]) == 12
    log.close()
    assert first_broken(path) is None
    assert EventLog(path).append([stopped(13)]) == 13
    spoil(path, 4)
    # one digest covers the ten rows that were there before digests
    assert first_broken(path) == first_broken(path, 5, 8) == Broken(1, 11)
    spoil(path, 4)
    spoil(path, 12)
    assert first_broken(path) == Broken(12, 12)


def test_two_writers_cannot_break_the_chain(path: Path) -> None:
    """A lock keeps a second producer out; should one get past it, nothing of its is written."""
    first, second = EventLog(path), EventLog(path)
    first.append([stopped(1)])
    with pytest.raises(StoreError, match="position 2 was given to an event that belongs at 1"):
        second.append([stopped(2)])
    second.close()
    assert first.append([stopped(2)]) == 2
    first.close()
    assert first_broken(path) is None


def test_an_append_that_fails_leaves_the_chain_as_it_was(path: Path) -> None:
    log = EventLog(path)
    log.append([stopped(1)])
    digest_before = log.digest
    with pytest.raises(ValueError, match="could not be read again"):
        log.append([stopped(2), heartbeat(float("nan"))])
    assert log.digest == digest_before
    log.append([stopped(2)])
    log.close()
    assert first_broken(path) is None


def heartbeat(loss: float) -> Heartbeat:
    return Heartbeat(
        episode=1, vector_step=1, updates=1, agent_steps_per_second=1.0, loss=loss, mean_q=0.0,
        gradient_norm=0.0, rss_bytes=1, device_memory_bytes=0, replay_fill=0.0,
    )  # fmt: skip
