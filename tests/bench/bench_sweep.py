"""Runs per hour, one and two at a time, and what a sweep costs beside the bare runs.

    python tests/bench/bench_sweep.py [--config quick] [--episodes 10000] [--rounds 1] [--ray] [--store]

In every round the same runs are trained in turns: two bare ones one after the other, two bare ones side by
side, a sweep of two with `--jobs 1`, one with `--jobs 2`; with `--ray` also a sweep on Ray, with `--store`
one whose runs are kept in a store (a directory). Prints the seconds of a round, the runs per hour, the ratio
to the bare runs of the same number at a time, and the CPU seconds of all processes together; medians over the
rounds.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.timing import print_table

RUNS = 2
PRODUCER = (sys.executable, "-m", "producer.cli")


def main() -> None:
    """Measure in turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--config", default="sparse_adaptive")
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--store", action="store_true")
    arguments = parser.parse_args()
    length = ("--set", f"training.num_episodes={arguments.episodes}")

    def bare(folder: Path, together: bool) -> None:
        _wait_for(
            [
                [*PRODUCER, "run", "--config", arguments.config, *length, *_own(folder, seed)]
                for seed in range(RUNS)
            ],
            together,
        )

    def sweep(folder: Path, *options: str) -> None:
        seeds = ("--seeds", f"0-{RUNS - 1}", "--runs", str(folder))
        _wait_for([[*PRODUCER, "sweep", arguments.config, *length, *seeds, *options]], together=False)

    works: dict[str, tuple[str, Callable[[Path], None]]] = {
        "bare, one at a time": ("", lambda folder: bare(folder, together=False)),
        "bare, two at a time": ("", lambda folder: bare(folder, together=True)),
        "sweep, --jobs 1": ("bare, one at a time", lambda folder: sweep(folder, "--jobs", "1")),
        "sweep, --jobs 2": ("bare, two at a time", lambda folder: sweep(folder, "--jobs", "2")),
    }
    if arguments.ray:
        works["sweep on Ray"] = "bare, two at a time", sweep
    if arguments.store:
        works["sweep, --jobs 2, --store"] = (
            "bare, two at a time",
            lambda folder: sweep(folder, "--jobs", "2", "--store", str(folder / "store")),
        )
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(arguments.rounds):
        for name, (_, work) in works.items():
            with tempfile.TemporaryDirectory(prefix="bench-sweep-") as folder:
                times[name].append(_timed(work, Path(folder) / "runs"))
    medians = {
        name: tuple(statistics.median(column) for column in zip(*found, strict=True))
        for name, found in times.items()
    }
    rows = []
    for name, (beside, _) in works.items():
        seconds, busy = medians[name]
        ratio = f"{seconds / medians[beside][0]:.3f}" if beside else "-"
        busy_ratio = f"{busy / medians[beside][1]:.3f}" if beside else "-"
        rows.append(
            (name, f"{seconds:.1f}", f"{RUNS * 3_600 / seconds:.1f}", ratio, f"{busy:.1f}", busy_ratio)
        )
    heads = ("", "seconds", "runs per hour", "÷ bare", "CPU seconds", "÷ bare")
    print_table(f"{RUNS} runs of {arguments.config}, {arguments.episodes} episodes", heads, rows)


def _own(folder: Path, seed: int) -> tuple[str, ...]:
    return "--seed", str(seed), "--run-dir", str(folder / str(seed))


def _timed(work: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    """Seconds on the clock, and seconds of processors of all processes that were started and have ended."""
    folder.mkdir()
    before, began = os.times(), time.perf_counter()
    work(folder)
    seconds, after = time.perf_counter() - began, os.times()
    shutil.rmtree(folder)
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, busy


def _wait_for(commands: list[list[str]], together: bool) -> None:
    groups = [commands] if together else [[command] for command in commands]
    for group in groups:
        processes = [
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for command in group
        ]
        for process in processes:
            if process.wait() != 0:
                raise SystemExit(f"{' '.join(map(str, process.args))}: exit code {process.returncode}")


if __name__ == "__main__":
    main()
