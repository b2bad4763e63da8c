"""What the commands cost on a long history: whether each grows in proportion to the episodes, or not at all.

    python tests/bench/bench_long_history.py --episodes 10000,100000

Makes a synthetic log of each length, then runs the commands of an operator on it, each as a process of its
own, and asks a server for what the page asks. Prints CPU seconds (other programs on the machine do not count)
and peak memory by length, and the ratio of the last length to the first.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.support.servers import serving
from tests.support.synthetic import Scenario, write_synthetic_log

COMMANDS: dict[str, tuple[str, ...]] = {
    "projections rebuild": ("projections", "rebuild"),
    "projections status": ("projections", "status"),
    "projections at --episode": ("projections", "at", "--episode", "{middle}"),
    "projections export, episodes": ("projections", "export", "--what", "episodes", "--out", "{out}/e.csv"),
    "projections export, replays, Parquet": (
        "projections", "export", "--what", "replays", "--format", "parquet", "--out", "{out}/r.parquet",
    ),
    "projections doctor": ("projections", "doctor"),
    "projections backup": ("projections", "backup", "--out", "{out}/backup.db"),
    "projections pack": ("projections", "pack", "--out", "{out}/pack"),
    "projections archive --keep": ("projections", "archive", "--keep", "--out", "{out}"),
    "producer status": ("producer", "status"),
    "producer list": ("producer", "list"),
}  # fmt: skip
QUESTIONS = (
    "/api/state", "/api/state?episode={middle}", "/api/series?metric=survival_time", "/api/stages",
    "/api/scorecard", "/api/health", "/api/replay/{middle}", "/api/graph?last={middle}",
    "/api/heatmap?last={middle}", "/api/behaviours", "/api/attempts",
)  # fmt: skip
ASKED = 20


def main() -> None:
    """Measure every length and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--episodes", default="10000,100000", help="lengths of history, comma-separated")
    parser.add_argument("--leave-out", default="", help="commands that are not run, comma-separated")
    arguments = parser.parse_args()
    left_out = {part.strip() for part in arguments.leave_out.split(",")}
    lengths = [int(part) for part in arguments.episodes.split(",")]
    columns = []
    for length in lengths:
        with tempfile.TemporaryDirectory(prefix="bench-long-history-") as folder:
            columns.append(measure(Path(folder), length, left_out))
    print(f"\n{'episodes':<48}" + "".join(f"{length:>14,}" for length in lengths) + f"{'ratio':>10}")
    for name in columns[0]:
        values = [column[name] for column in columns]
        ratio = f"{values[-1] / values[0]:>10.2f}" if values[0] else f"{'-':>10}"
        print(f"{name:<48}" + "".join(f"{value:>14,.2f}" for value in values) + ratio, flush=True)


def measure(folder: Path, episodes: int, left_out: set[str]) -> dict[str, float]:
    """Every figure for one length of history."""
    run, out = folder / "runs" / "long", folder / "out"
    run.mkdir(parents=True)
    out.mkdir()
    busy = time.process_time()
    write_synthetic_log(run / "events.db", Scenario(episodes=episodes, resumes=3))
    figures = {
        "writing the log, CPU s": time.process_time() - busy,
        "log, MB": (run / "events.db").stat().st_size / 1e6,
    }
    for name, command in COMMANDS.items():
        if name in left_out:
            continue
        place = ("--runs", str(run.parent)) if name == "producer list" else ("--run-dir", str(run))
        given = [part.format(out=out, middle=episodes // 2) for part in command[1:]]
        print(f"{episodes:,} episodes: {name}", file=sys.stderr, flush=True)
        figures |= _cost(name, [sys.executable, "-m", f"{command[0]}.cli", *given, *place])
    figures["read model, MB"] = (run / "demo_state.db").stat().st_size / 1e6
    return figures | _answers(run, folder, episodes // 2)


def _cost(name: str, command: list[str]) -> dict[str, float]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    if code != 0 and "doctor" not in command:  # the doctor misses the checkpoints that the log names
        raise SystemExit(f"{' '.join(command)}: exit code {code}")
    return {
        f"{name}, CPU s": usage.ru_utime + usage.ru_stime,
        f"{name}, peak MB": usage.ru_maxrss / 1024,
    }


def _answers(run: Path, folder: Path, middle: int) -> dict[str, float]:
    """Milliseconds of the fastest of twenty answers, and their bytes."""
    page = folder / "page"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html>")
    figures = {}
    with (
        serving(run, page, folder / "server.log") as server,
        httpx.Client(base_url=f"http://{server}", timeout=600) as http,
    ):
        for question in QUESTIONS:
            address = question.format(middle=middle)
            times, answer = [], http.get(address)
            for _ in range(ASKED):
                began = time.perf_counter()
                answer = http.get(address)
                times.append((time.perf_counter() - began) * 1e3)
            if answer.status_code != httpx.codes.OK:
                raise SystemExit(f"{question}: {answer.status_code} {answer.text}")
            figures[f"{question}, ms"] = min(times)
            figures[f"{question}, bytes"] = float(len(answer.content))
    return figures


if __name__ == "__main__":
    main()
