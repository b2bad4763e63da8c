"""Days of a paced run in less than an hour, with all that may happen to it, and what is left at the end.

    make days
    python tests/soak/days.py --minutes 51 --speed 60 --out runs/days [--docs docs/soak.md]

Writes days.json, days.md and what the processes said into the folder `--out`, prints the table, and ends with
1 if anything was lost or a criterion of the run's length was not met. What it does: docs/soak.md.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.soak.supervisor import Supervisor
from tests.soak.table import put_into
from tests.support.logs import read_log
from tests.support.processes import LIMIT_SECONDS, REPOSITORY, run_command, unused_port

BEGIN, END = "<!-- days: begin -->", "<!-- days: end -->"
KILLS_EACH = 3
CLOCK_STEPS = (3_600.0, -1_800.0, 0.0, -7_200.0, 0.0)
"""By how much the wall clock differs from a clock that nobody sets, seconds, one after another."""
FULL_FOR = 30 * 60.0
"""How long the disk is full, seconds of the run's clock."""
DISK = "1g"
POLL_SECONDS = 0.25
REQUIRED = ("runtime",)
"""Criteria of the scorecard that the run has to meet; the others are told."""


class Plan:
    """What happens when: pairs of a moment (0 to 1 of the whole time) and what to do then."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.events: list[tuple[float, str, Callable[[], object]]] = []

    def at(self, moment: float, name: str, action: Callable[[], object]) -> None:
        """Do `action` at a moment."""
        self.events.append((moment, name, action))
        self.events.sort(key=lambda event: event[0])

    def at_random(self, name: str, action: Callable[[], object]) -> None:
        """Do `action` at a random moment, after the beginning and before the end."""
        self.at(self._random.uniform(0.03, 0.97), name, action)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system in memory, which can be filled without filling the machine's disk.

    Raises:
        SystemExit: it cannot be mounted, which takes root.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder)]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    if tried.returncode:
        raise SystemExit(f"a small disk cannot be mounted at {folder} ({tried.stderr.strip()}); run as root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(ballast: Path) -> None:
    """Fill the file system to the last byte."""
    with ballast.open("ab", buffering=0) as file:
        with contextlib.suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(ballast.parent).free)
        for size in (4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    os.write(file.fileno(), bytes(size))


def rotate(supervisor: Supervisor, number: int) -> None:
    """As logrotate with `copytruncate`: the processes keep the files that they have open."""
    for said in supervisor.outputs():
        shutil.copy(said, said.with_name(f"{said.name}.{number}"))
        os.truncate(said, 0)


def commands(folder: Path, config: Path, port: int) -> dict[str, list[object]]:
    """Role → command line of the four processes."""
    return {
        "projections": ["projections", "run", "--run-dir", folder],
        "server": ["server", "run", "--run-dir", folder, "--port", port, "--disk-floor", 5],
        "producer": ["producer", "run", "--run-dir", folder, "--config", config],
        "snapshots": ["server", "snapshots", "--run-dir", folder, "--url", f"http://127.0.0.1:{port}/",
                      "--poll", 1, "--disk-floor", 5],
    }  # fmt: skip


def ask(port: int, path: str) -> Any:
    """An answer of the server; it may have been killed a moment ago."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                return json.load(answer)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def make_plan(seed: int, supervisor: Supervisor, folder: Path, step: Path, full_for: float) -> Plan:
    """All that happens; `full_for` is a share of the whole time."""
    plan, ballast = Plan(seed), folder.parent / "ballast"
    for role in supervisor.commands:
        for _ in range(KILLS_EACH):
            plan.at_random(f"SIGKILL of {role}", lambda role=role: supervisor.kill(role))
    for number, seconds in enumerate(CLOCK_STEPS, 1):
        moment = number / (len(CLOCK_STEPS) + 1)
        plan.at(moment, f"clock set to {seconds:+,.0f} s", lambda to=seconds: _write(step, f"{to}"))
    for moment in (0.28, 0.72):
        plan.at(moment, "disk filled", lambda: (supervisor.tolerate_full_disk(True), fill(ballast)))
        plan.at(
            moment + full_for,
            "room made on the disk",
            lambda: (ballast.unlink(), supervisor.tolerate_full_disk(False)),
        )
    for number, moment in enumerate((0.4, 0.6), 1):
        plan.at(moment, "logs rotated", lambda number=number: rotate(supervisor, number))
    return plan


def _write(path: Path, text: str) -> None:
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").replace(path)


def live(supervisor: Supervisor, plan: Plan, seconds: float) -> list[str]:
    """Let the processes run, and let happen what is planned; what happened, in order."""
    begun, done = time.monotonic(), []
    while (passed := time.monotonic() - begun) < seconds:
        while plan.events and plan.events[0][0] * seconds <= passed:
            _, name, action = plan.events.pop(0)
            action()
            done.append(f"{passed / seconds:.3f} {name}")
            print(f"{passed / 60:5.1f} min  {name}", file=sys.stderr, flush=True)
        supervisor.check()
        time.sleep(POLL_SECONDS)
    return done


def examine(folder: Path) -> list[str]:
    """What is wrong with the run that is left: each a sentence."""
    found = []
    doctor = run_command("projections", "doctor", "--thorough", "--run-dir", folder, limit=1800)
    if doctor.returncode:
        found.append(f"projections doctor: {doctor.returncode}: {(doctor.stdout + doctor.stderr)[-2000:]}")
    positions = [event.position for event in read_log(folder)]
    if positions != list(range(1, len(positions) + 1)):
        found.append("positions are missing in the log")
    found += [f"{left.name} was left" for left in folder.glob("*-wal")]
    return found


def markdown(facts: dict[str, str], criteria: list[dict[str, Any]], troubles: list[str]) -> str:
    """Facts, then the scorecard as the server showed it at the end."""
    lines = [f"- {what}: {figure}" for what, figure in facts.items()]
    lines += [f"- trouble: {trouble}" for trouble in troubles]
    lines += ["", "| criterion | target | value | |", "|---|---|---|---|"]
    lines += [f"| {one['title']} | {one['target']} | {one['value']} | {one['state']} |" for one in criteria]
    return "\n".join(lines)


def main() -> int:
    """Run the days."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=51.0, help="of the machine's clock")
    parser.add_argument("--speed", type=float, default=60.0, help="of the run's clock")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "runs" / "days")
    parser.add_argument("--config", type=Path, default=REPOSITORY / "configs/townlet/multi_day.yaml")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--docs", type=Path, help="a page to put the table into, between its markers")
    given = parser.parse_args()
    out = given.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    step, seconds = out / "clock-step", 60 * given.minutes
    _write(step, "0")
    environment = {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).with_name("fast_clock")), str(REPOSITORY)]),
        "FAST_CLOCK_SPEED": f"{given.speed}",
        "FAST_CLOCK_SINCE": f"{time.time()}",
        "FAST_CLOCK_STEP": f"{step}",
    }
    with small_disk(out / "disk") as disk:
        folder, port = disk / "run", unused_port()
        folder.mkdir()
        supervisor = Supervisor(commands(folder, given.config.absolute(), port), out, environment)
        troubles: list[str] = []
        try:
            supervisor.start()
            plan = make_plan(given.seed, supervisor, folder, step, FULL_FOR / given.speed / seconds)
            happened = live(supervisor, plan, seconds)
            criteria = ask(port, "/api/scorecard")
            attempts = ask(port, "/api/attempts")
        finally:
            troubles += supervisor.stop()
        troubles += examine(folder)
        kept = out / "run"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept)
    hours = (attempts[-1]["ended_at"] - attempts[0]["started_at"]) / 3600
    states = {one["key"]: one["state"] for one in criteria}
    troubles += [f"the criterion {key} is {states[key]}" for key in REQUIRED if states[key] != "met"]
    facts = {
        "when": f"{time.strftime('%Y-%m-%d')}, {given.minutes:.0f} minutes at {given.speed:.0f} times the"
        f" speed, seed {given.seed}",
        "run": f"{hours:.1f} h by its own clock, {attempts[-1]['last_episode']:,} episodes in"
        f" {len(attempts)} attempts of the trainer",
        "happened": f"{supervisor.kills} processes killed, {sum('disk filled' in one for one in happened)}"
        f" times a full disk, {sum('clock' in one for one in happened)} steps of the clock,"
        f" {sum('rotated' in one for one in happened)} rotations of the processes' lines",
        "restarted": ", ".join(f"{role} {count}" for role, count in supervisor.restarts.items()),
    }
    text = markdown(facts, criteria, troubles)
    (out / "days.md").write_text(text + "\n")
    result = {"facts": facts, "happened": happened, "criteria": criteria, "troubles": troubles}
    (out / "days.json").write_text(json.dumps(result, indent=2) + "\n")
    if given.docs is not None:
        put_into(given.docs, text, BEGIN, END)
    print(text)
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
