"""What a server of many finished runs costs: its start, the list, the memory, and its rest.

    python tests/bench/bench_runs.py [--runs 200] [--episodes 10000]
    python tests/bench/bench_runs.py --folder DIR

Projects one synthetic run, copies its read model as often as asked, and starts `server run --runs` on the
copies; with `--folder` on the runs that are there. Prints the seconds from the start to the first answer, the
milliseconds of the list (the median of nine answers) with its bytes, the memory of the process in MiB, and
what share of a core it takes when nobody looks at it for ten seconds. Then all runs are compared by the
server, once more by the server (which keeps the answer), and by `projections compare`: the seconds that pass,
and those of a processor.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from tests.support.copied_runs import make_runs
from tests.support.processes import running
from tests.support.read_models import catch_up
from tests.support.servers import ready_address
from tests.support.synthetic import Scenario, write_synthetic_log

REST_SECONDS = 10.0


def main() -> None:
    """Make the runs, serve them, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.folder is not None:
        measure(arguments.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "one").mkdir()
        write_synthetic_log(folder / "one" / "events.db", Scenario(episodes=arguments.episodes))
        catch_up(folder / "one")
        make_runs(folder / "one", folder / "runs", arguments.runs)
        measure(folder / "runs")


def measure(runs: Path) -> None:
    """Serve the runs below a folder, compare them, and print the figures."""
    with tempfile.TemporaryDirectory() as name:
        output = Path(name) / "server.log"
        started = time.perf_counter()
        with (
            running(output, "server", "run", "--runs", runs, "--port", 0) as server,
            httpx.Client(base_url=f"http://{ready_address(server, output)}", timeout=600) as http,
        ):
            listed = http.get("/api/runs").json()["runs"]
            ready = time.perf_counter() - started
            answers = [http.get("/api/runs", headers={"accept-encoding": "identity"}) for _ in range(9)]
            process = psutil.Process(server.pid)
            before = sum(process.cpu_times()[:2])
            time.sleep(REST_SECONDS)
            rest = (sum(process.cpu_times()[:2]) - before) / REST_SECONDS
            print(f"{len(listed)} runs of {max(run['episodes'] for run in listed)} episodes")
            print(f"start to the first list  {ready:.2f} s")
            seconds = statistics.median(answer.elapsed.total_seconds() for answer in answers)
            print(f"list                     {1000 * seconds:.0f} ms")
            print(f"                         {len(answers[0].content) / 1000:.0f} kB uncompressed")
            print(f"memory                   {process.memory_info().rss / 2**20:.0f} MiB")
            print(f"at rest                  {100 * rest:.1f}% of a core")
            for which in ("compared", "compared again"):
                before = sum(process.cpu_times()[:2])
                answer = http.get("/api/compare", headers={"accept-encoding": "identity"})
                used = sum(process.cpu_times()[:2]) - before
                print(f"{which:<24} {answer.elapsed.total_seconds():.2f} s ({used:.2f} s of a processor)")
            print(f"                         {len(answer.content) / 1000:.0f} kB uncompressed")
            print(f"memory after it          {process.memory_info().rss / 2**20:.0f} MiB")
        before = sum(os.times()[2:4])
        started = time.perf_counter()
        command = [
            "projections",
            "compare",
            "--runs",
            str(runs),
            "--format",
            "json",
            "--out",
            f"{name}/all.json",
        ]
        subprocess.run(command, check=True, capture_output=True)
        used = sum(os.times()[2:4]) - before
        print(f"projections compare      {time.perf_counter() - started:.2f} s ({used:.2f} s of a processor)")


if __name__ == "__main__":
    main()
