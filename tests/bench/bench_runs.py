"""What a server of many finished runs costs: its start, the list, the memory, and its rest.

    python tests/bench/bench_runs.py [--runs 200] [--episodes 10000]

Projects one synthetic run, copies its read model as often as asked, and starts `server run --runs` on the
copies. Prints the seconds from the start to the first answer, the milliseconds of the list (the median of
nine answers) with its bytes, the memory of the process in MiB, and what share of a core it takes when nobody
looks at it for ten seconds.
"""

import argparse
import statistics
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
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "one").mkdir()
        write_synthetic_log(folder / "one" / "events.db", Scenario(episodes=arguments.episodes))
        catch_up(folder / "one")
        make_runs(folder / "one", folder / "runs", arguments.runs)
        output = folder / "server.log"
        started = time.perf_counter()
        with running(output, "server", "run", "--runs", folder / "runs", "--port", 0) as server:
            with httpx.Client(base_url=f"http://{ready_address(server, output)}", timeout=60) as http:
                http.get("/api/runs")
                ready = time.perf_counter() - started
                answers = [http.get("/api/runs", headers={"accept-encoding": "identity"}) for _ in range(9)]
            process = psutil.Process(server.pid)
            before = sum(process.cpu_times()[:2])
            time.sleep(REST_SECONDS)
            rest = (sum(process.cpu_times()[:2]) - before) / REST_SECONDS
            print(f"{arguments.runs} runs of {arguments.episodes} episodes")
            print(f"start to the first list  {ready:.2f} s")
            seconds = statistics.median(answer.elapsed.total_seconds() for answer in answers)
            print(f"list                     {1000 * seconds:.0f} ms")
            print(f"                         {len(answers[0].content) / 1000:.0f} kB uncompressed")
            print(f"memory                   {process.memory_info().rss / 2**20:.0f} MiB")
            print(f"at rest                  {100 * rest:.1f}% of a core")


if __name__ == "__main__":
    main()
