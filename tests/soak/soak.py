"""The whole system under load for as long as one likes, and whether anything in it grows that should not.

    make soak MINUTES=60
    python tests/soak/soak.py --minutes 60 --out runs/soak [--docs docs/soak.md]
    python tests/soak/soak.py --judge runs/soak/samples.csv     judges the samples of an earlier soak again

Writes samples.csv, soak.json and soak.md into the folder `--out`, prints the last, and ends with 1 if
anything leaked, ended by itself, or met with an error. What it does and how to read it: docs/soak.md.
"""

import argparse
import asyncio
import contextlib
import csv
import json
import math
import os
import shutil
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import apsw
import msgspec
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from core.process.sqlite import open_reader
from core.run_directory import in_folder
from tests.soak import sampling, verdict
from tests.soak.system import System, running
from tests.soak.table import markdown, put_into
from tests.soak.tabs import Tabs, open_tabs
from tests.soak.viewers import Crowd
from tests.support.processes import REPOSITORY

PLACES = {"live": 20, "seeking": 3, "slow": 2, "vanishing": 2, "history": 3}
"""How many viewers of each kind are about at any time."""


def percentiles(name: str, seconds: list[float]) -> dict[str, float]:
    """Median and 99th percentile in milliseconds, NaN where nothing was measured; empties the list."""
    values = 1000 * np.quantile(seconds, (0.5, 0.99)) if seconds else np.array([math.nan, math.nan])
    seconds.clear()
    return {f"{name}.p50": float(values[0]), f"{name}.p99": float(values[1])}


def server_counts(port: int) -> dict[str, float]:
    """Viewers, dropped updates and refusals, as the server itself tells Prometheus."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=120) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    told = {sample.name: sample.value for family in families for sample in family.samples}
    names = ("viewers", "dropped_total", "refused_total")
    return {f"server.{name}": told.get(f"hamlet_server_{name}", math.nan) for name in names}


def newest_episode(read_model: Path) -> int:
    """Episodes in the read model, 0 while there is none."""
    if not read_model.exists():
        return 0
    connection = open_reader(read_model)
    try:
        return int(connection.execute("SELECT coalesce(max(episode_id), 0) FROM episodes").get)
    except apsw.SQLError:
        return 0
    finally:
        connection.close()


def take_sample(system: System, crowd: Crowd, commits: sampling.Commits) -> dict[str, float]:
    """Everything measured, once; what was gathered since the last sample is used up."""
    run = in_folder(system.folder)
    sample: dict[str, float] = {"episodes": newest_episode(run.read_model)}
    for role in system.processes:
        sample |= sampling.of_process(role, system.process(role))
    sample["server.connections"] = sampling.connections(system.process("server"))
    sample |= sampling.of_descendants("browser", system.process("snapshots"))
    sample |= sampling.of_browser("tabs", system.processes.values())
    sample |= sampling.of_files(run)
    commits.catch_up()
    receipts, crowd.receipts = crowd.receipts, []
    delays = [
        delay
        for receipt in receipts
        for delay in commits.delays(receipt.before, receipt.position, receipt.at)
    ]
    sample |= percentiles("delay", delays)
    sample |= percentiles("seek", crowd.seek_times)
    sample |= percentiles("http", crowd.round_trips)
    return sample


class Samples:
    """The table of samples, in memory and, line by line, in a CSV file."""

    def __init__(self, file: TextIO) -> None:
        self.columns: dict[str, list[float]] = {}
        self._file = file
        self._writer: csv.DictWriter[str] | None = None

    def add(self, sample: dict[str, float]) -> None:
        """Append a sample; every one has the same names."""
        if self._writer is None:
            self._writer = csv.DictWriter(self._file, list(sample))
            self._writer.writeheader()
        self._writer.writerow(sample)
        self._file.flush()
        for name, value in sample.items():
            self.columns.setdefault(name, []).append(value)


async def soak(system: System, crowd: Crowd, samples: Samples, seconds: float, every: float) -> list[str]:
    """Open the tabs, let the crowd in and measure, until time is up or something is wrong; what was wrong."""
    # before the first episode the server has nothing to show, and a tab reports its answers as errors
    while not newest_episode(in_folder(system.folder).read_model):
        if troubles := system.troubles():
            return troubles
        await asyncio.sleep(1)
    async with open_tabs(f"http://127.0.0.1:{system.port}") as tabs:
        troubles = await watch(system, crowd, tabs, samples, seconds, every)
        return troubles + tabs.complaints


async def watch(
    system: System, crowd: Crowd, tabs: Tabs, samples: Samples, seconds: float, every: float
) -> list[str]:
    """Let the crowd in and measure while the tabs are open; what was wrong with the processes."""
    commits = sampling.Commits(in_folder(system.folder).events)
    begun = time.monotonic()
    viewers = asyncio.create_task(crowd.gather(PLACES))
    troubles: list[str] = []
    try:
        due = begun + every
        while not troubles and time.monotonic() - begun < seconds:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            late = time.monotonic() - due
            due = max(due + every, time.monotonic())
            if troubles := system.troubles():
                break
            told = await asyncio.to_thread(server_counts, system.port)
            sample = {"seconds": time.monotonic() - begun, "sampler.late": late}
            sample |= told | take_sample(system, crowd, commits) | await tabs.measure()
            samples.add(sample)
            tell(samples.columns)
            if viewers.done():
                viewers.result()
    finally:
        viewers.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await viewers
        commits.close()
    return troubles


def tell(columns: dict[str, list[float]]) -> None:
    """A line for whoever watches, once a minute or so."""
    seconds = columns["seconds"]
    if len(seconds) > 1 and seconds[-1] // 60 == seconds[-2] // 60:
        return
    now = {name: values[-1] for name, values in columns.items()}
    memory = " ".join(
        f"{role} {now[f'{role}.rss']:.0f}" for role in ("producer", "projections", "server", "snapshots")
    )
    print(
        f"{seconds[-1] / 60:5.1f} min  {now['episodes']:,.0f} episodes  MiB: {memory}"
        f"  delay {now['delay.p50']:.0f}/{now['delay.p99']:.0f} ms",
        file=sys.stderr,
        flush=True,
    )


def facts_of(columns: dict[str, list[float]], crowd: Crowd, run: Path) -> dict[str, str]:
    """What a reader must know to make sense of the table."""
    hours = columns["seconds"][-1] / 3600
    episodes = columns["episodes"][-1]
    made = {kind: len(list((run / folder).glob(kind))) for folder, kind in
            (("snapshots", "*.png"), ("snapshots", "*.gif"), ("exports", "*.csv"))}  # fmt: skip
    per_episode = {
        name: 2**20 * columns[f"{name}.size"][-1] / max(1.0, episodes) for name in ("log", "read_model")
    }
    visits = ", ".join(f"{count:,} {kind}" for kind, count in crowd.visits.items())
    return {
        "when": f"{time.strftime('%Y-%m-%d')}, {60 * hours:.0f} minutes, {os.cpu_count()} cores",
        "trained": f"{episodes:,.0f} episodes, {episodes / hours:,.0f} an hour",
        "viewers": f"{sum(PLACES.values())} at a time; in all {visits}; {crowd.requests:,} HTTP requests",
        "made": f"{made['*.png']} screenshots, {made['*.gif']} GIFs, {made['*.csv']} exports",
        "grows by design": f"the log by {per_episode['log']:,.0f} bytes an episode, the read model by"
        f" {per_episode['read_model']:,.0f}",
        "slow viewers": f"{columns['server.dropped_total'][-1]:,.0f} updates replaced by newer ones",
    }


def conclude(
    columns: dict[str, list[float]], facts: dict[str, str], troubles: list[str], out: Path, docs: Path | None
) -> int:
    """Judge, write, print; the exit code."""
    judged, stretch = verdict.judge(columns)
    text = markdown(facts, judged, stretch)
    out.mkdir(parents=True, exist_ok=True)
    (out / "soak.md").write_text(text + "\n")
    result: dict[str, Any] = {"facts": facts, "judged": msgspec.to_builtins(judged), "troubles": troubles}
    (out / "soak.json").write_text(json.dumps(result, indent=2) + "\n")
    if docs is not None:
        put_into(docs, text)
    print(text)
    leaking = verdict.leaks(judged)
    for trouble in troubles:
        print(f"trouble: {trouble}", file=sys.stderr)
    if leaking:
        print(f"leak: {', '.join(leaking)}", file=sys.stderr)
    return 1 if leaking or troubles else 0


def read_samples(path: Path) -> dict[str, list[float]]:
    """The columns of a samples.csv."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name] or "nan") for row in rows] for name in rows[0]}


@contextlib.contextmanager
def run_folder(out: Path, keep: bool) -> Iterator[Path]:
    """A run directory in `out`, begun anew; removed at the end unless it is to be kept."""
    folder = out / "run"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Soak, or judge again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between samples")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "runs" / "soak")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("soak.yaml"))
    parser.add_argument("--docs", type=Path, help="a page to put the table into, between its markers")
    parser.add_argument("--keep", action="store_true", help="keep the run directory")
    parser.add_argument("--judge", type=Path, help="judge these samples instead of making new ones")
    given = parser.parse_args()
    if given.judge is not None:
        return conclude(read_samples(given.judge), {}, [], given.out, given.docs)
    given.out.mkdir(parents=True, exist_ok=True)
    with run_folder(given.out, given.keep) as folder, (given.out / "samples.csv").open("w") as file:
        samples = Samples(file)
        with running(folder, given.config.absolute()) as system:
            crowd = Crowd(f"127.0.0.1:{system.port}")
            troubles = asyncio.run(soak(system, crowd, samples, 60 * given.minutes, given.every))
            troubles += crowd.complaints + system.stop()
        for said in folder.glob("*.log"):
            shutil.copy(said, given.out)
        return conclude(
            samples.columns, facts_of(samples.columns, crowd, folder), troubles, given.out, given.docs
        )


if __name__ == "__main__":
    sys.exit(main())
