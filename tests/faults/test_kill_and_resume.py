"""A trainer killed again and again, at the worst moments, leaves the log that it would have left unharmed.

Each attempt is a process of its own and dies of SIGKILL: at a moment nobody chose, with half a checkpoint on
disk, with a checkpoint renamed but not yet in the log, and inside an append, before its commit. Each kill of
HAMLET_FAULTS_KILLS needs some twenty of HAMLET_FAULTS_EPISODES.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest

from core.codec import Recorded
from core.events import CheckpointSaved, EpisodeFinished
from core.log import LogReader
from tests.support.logs import learning_events, log_head, read_log
from tests.support.processes import Start, wait_until
from tests.support.training import write_paced_config

DYING_PRODUCER = """
import os, signal, sys
import apsw
from pathlib import Path
from producer.run import checkpoints
from producer.cli import main
from core.log import EventLog

moment, countdown = sys.argv[1], int(sys.argv[2])
sys.argv[1:3] = []

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def due():
    global countdown
    countdown -= 1
    return countdown < 0

original_fsync, original_append, original_save = os.fsync, EventLog.append, checkpoints.save

def fsync(handle):
    if due():
        die()  # the bytes are in the temporary file; nothing is renamed
    original_fsync(handle)

def append(log, events):
    if due():
        log._connection.set_commit_hook(die)  # the rows are in the transaction; nothing is committed
    return original_append(log, events)

def save(*arguments):
    saved = original_save(*arguments)
    if due():
        die()  # the files are in their place; the log does not know of them
    return saved

match moment:
    case "half a checkpoint":
        os.fsync = fsync
    case "inside an append":
        EventLog.append = append
    case "a checkpoint nobody knows of":
        import producer.run.attempt
        producer.run.attempt.save = save
main()
"""


def dying_producer(moment: str, countdown: int, arguments: Sequence[object]) -> int:
    """Run a producer that kills itself at the given moment, the `countdown`-th of its kind; its exit code."""
    process = subprocess.run(
        [sys.executable, "-c", DYING_PRODUCER, moment, str(countdown), *map(str, arguments)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=600,
        check=False,
    )
    return process.returncode


def head(folder: Path) -> int:
    """Position of the newest event, 0 while there is no log."""
    if not (folder / "events.db").exists():
        return 0
    reader = LogReader(folder / "events.db")
    try:
        return reader.head()
    finally:
        reader.close()


def integrity(path: Path) -> str:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return str(connection.pragma("integrity_check"))
    finally:
        connection.close()


@pytest.mark.timeout(1800)
def test_a_run_killed_at_the_worst_moments_equals_the_unharmed_run(
    tmp_path: Path,
    small_config: Path,
    episodes: int,
    uninterrupted_run: Path,
    kills: int,
    moments: random.Random,
    start: Start,
) -> None:
    killed = tmp_path / "killed"
    arguments = ("run", "--config", small_config, "--episodes", episodes, "--run-dir", killed)

    # ten episodes a second: the trainer is alive when it is killed, however fast the machine is
    slow_config = write_paced_config(tmp_path / "paced.yaml", small_config, 36_000)
    paced = ("run", "--config", slow_config, "--episodes", episodes, "--run-dir", killed)

    acknowledged: list[Recorded] = []

    def still_there() -> None:
        nonlocal acknowledged
        if not (killed / "events.db").exists():
            return
        now = read_log(killed)
        assert now[: len(acknowledged)] == acknowledged
        assert integrity(killed / "events.db") == "ok"
        acknowledged = now

    # at a moment nobody chose
    for _ in range(kills):
        # between the beginning and about fifteen episodes further on than the last checkpoint
        wanted = log_head(killed / "events.db") + moments.choice((0, 1, 20, 60))
        process = start("producer", *paced)
        wait_until(lambda wanted=wanted: log_head(killed / "events.db") >= wanted)
        time.sleep(moments.uniform(0.0, 0.2))
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=120) == -signal.SIGKILL
        still_there()
    # and at moments chosen to hurt
    for moment, countdown in (
        ("half a checkpoint", 2),  # two fsyncs a file, the replay buffer first: here the networks
        ("inside an append", 1),
        ("a checkpoint nobody knows of", 0),
        ("inside an append", 4),
        ("half a checkpoint", 0),
    ):
        assert dying_producer(moment, countdown, arguments) == -signal.SIGKILL
        still_there()

    assert start("producer", *arguments).wait(timeout=400) == 0
    still_there()

    straight, mended = learning_events(uninterrupted_run), learning_events(killed)
    assert [event.episode for event in straight if isinstance(event, EpisodeFinished)] == [
        *range(1, episodes + 1)
    ]
    assert sum(isinstance(event, CheckpointSaved) for event in straight) == episodes // 20
    assert mended == straight
    assert len(read_log(killed)) > len(read_log(uninterrupted_run))
