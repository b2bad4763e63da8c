"""What rebuilding the read models costs the trainer: latency of durable appends, with and without it.

    python tests/bench/bench_rebuild.py [--episodes 5000] [--appends 400]

Appends one synthetic episode at a time to a log of the given length (one transaction, FULL), first alone,
then while a projector runs, then while `projections rebuild` runs over and over. All in one run on one
machine.
"""

import argparse
import itertools
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from core.codec import decode
from core.events import EpisodeFinished
from core.log import EventLog, LogReader
from tests.support.processes import run_successfully, running, wait_until
from tests.support.read_models import catch_up
from tests.support.synthetic import Scenario, write_synthetic_log

PAUSE_SECONDS = 0.02
WARM_UP = 1_500
"""Appends before measuring: while the WAL still grows, each has to extend the file as well."""


def appends(log: EventLog, finished: EpisodeFinished, numbers: Iterator[int], count: int) -> list[float]:
    """Sorted latencies in milliseconds."""
    times = []
    for _ in range(count):
        next_episode = msgspec.structs.replace(finished, episode=next(numbers))
        begun = time.perf_counter()
        log.append([next_episode])
        times.append((time.perf_counter() - begun) * 1e3)
        time.sleep(PAUSE_SECONDS)
    return sorted(times)


def rebuild_until(run_dir: Path, stop: threading.Event, done: list[int]) -> None:
    while not stop.is_set():
        run_successfully("projections", "rebuild", "--run-dir", run_dir)
        done.append(1)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--episodes", type=int, default=5000, help="length of the history that is rebuilt")
    parser.add_argument("--appends", type=int, default=400, help="appends measured in each situation")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-rebuild-") as folder:
        run_dir = Path(folder) / "run"
        run_dir.mkdir()
        write_synthetic_log(run_dir / "events.db", Scenario(episodes=arguments.episodes))
        reader = LogReader(run_dir / "events.db")
        events = (decode(recorded) for recorded in reader.read(0, 50))
        finished = next(event for event in events if isinstance(event, EpisodeFinished))
        reader.close()
        numbers = itertools.count(arguments.episodes + 1)
        log = EventLog(run_dir / "events.db")
        for _ in range(WARM_UP):
            log.append([msgspec.structs.replace(finished, episode=next(numbers))])
        situations = {"alone": appends(log, finished, numbers, arguments.appends)}
        catch_up(run_dir)
        said = Path(folder) / "projections.log"
        with running(said, "projections", "run", "--run-dir", run_dir):
            wait_until(lambda: "projecting" in said.read_text())
            situations["a projector running"] = appends(log, finished, numbers, arguments.appends)
            stop, done = threading.Event(), list[int]()
            rebuilding = threading.Thread(target=rebuild_until, args=(run_dir, stop, done))
            rebuilding.start()
            situations["and rebuilds, one after the other"] = appends(
                log, finished, numbers, arguments.appends
            )
            stop.set()
            rebuilding.join()
        log.close()
    print(f"\n{len(done)} rebuilds of {arguments.episodes:,} episodes")
    print(f"{'appends':<36}{'p50, ms':>10}{'p99, ms':>10}{'max, ms':>10}")
    for name, times in situations.items():
        p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
        print(f"{name:<36}{p50:>10.2f}{p99:>10.2f}{times[-1]:>10.2f}")


if __name__ == "__main__":
    main()
