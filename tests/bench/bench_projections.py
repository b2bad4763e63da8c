"""How fast the projections are, and whether a question stays as cheap when history grows.

    python tests/bench/bench_projections.py --episodes 10000,200000 [--questions 1000] [--policies]

Makes synthetic logs of the given lengths, rebuilds the read models of each and asks random questions. Prints
one column per length and the ratio of the last to the first, measured in the same run on the same machine.
CPU times say what the work itself costs when other programs keep the machine busy. With `--policies` the logs
hold a network as large as the default run's every hundred episodes.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import apsw

from core.log import LogReader
from projections.engine.reader import ReadModel
from projections.engine.rebuild import build_until
from projections.readmodels import READ_MODELS
from projections.readmodels.affordances import read_affordance_graph
from projections.readmodels.criteria import read_scorecard
from projections.readmodels.heatmap import read_heatmap
from projections.readmodels.replays import read_replay
from projections.readmodels.series import read_series
from projections.state import read_state
from tests.support.synthetic import Scenario, write_synthetic_log

Question = Callable[[apsw.Connection, int, int], object]

QUESTIONS: dict[str, Question] = {
    "state as of": lambda c, episode, _: read_state(c, episode),
    "heatmap of 100": lambda c, episode, _: read_heatmap(c, episode - 99, episode),
    "garden path of any window": lambda c, episode, newest: read_affordance_graph(
        c, random.randint(1, episode), episode
    ),
    "series, whole run, 2,000 points": lambda c, _, newest: read_series(c, "survival_time"),
    "series, 5,000 episodes": lambda c, episode, _: read_series(
        c, "survival_time", max(1, episode - 4_999), episode
    ),
    "replay": lambda c, episode, _: read_replay(c, episode),
    "scorecard": lambda c, _episode, _newest: read_scorecard(c),
}


def measure(folder: Path, episodes: int, questions: int, policies: bool) -> dict[str, float]:
    """Every figure for one length of history."""
    run_dir = folder / str(episodes)
    run_dir.mkdir()
    hidden = (128, 128) if policies else ()
    write_synthetic_log(run_dir / "events.db", Scenario(episodes=episodes, resumes=3, policy_hidden=hidden))
    log = LogReader(run_dir / "events.db")
    events = log.head()
    log.close()
    started, busy_from = time.perf_counter(), time.process_time()
    build_until(run_dir / "demo_state.db", run_dir / "events.db", READ_MODELS, None)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy_from
    figures = {
        "events": float(events),
        "rebuild, s": seconds,
        "rebuild, events/s": events / seconds,
        "rebuild, CPU s": busy,
        "rebuild, CPU µs per episode": busy / episodes * 1e6,
        "log, bytes per episode": (run_dir / "events.db").stat().st_size / episodes,
        "read model, bytes per episode": (run_dir / "demo_state.db").stat().st_size / episodes,
        "peak memory so far, MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    model = ReadModel(run_dir / "demo_state.db")
    rng = random.Random(0)
    for name, question in QUESTIONS.items():
        times, busy_times = [], []
        for _ in range(questions):
            episode = rng.randint(1, episodes)
            begun, busy_from = time.perf_counter(), time.thread_time()
            with model.snapshot() as connection:
                assert connection is not None
                question(connection, episode, episodes)
            times.append((time.perf_counter() - begun) * 1e3)
            busy_times.append((time.thread_time() - busy_from) * 1e3)
        times.sort()
        busy_times.sort()
        figures[f"{name}: p50, ms"] = times[len(times) // 2]
        figures[f"{name}: p99, ms"] = times[int(len(times) * 0.99)]
        figures[f"{name}: p99, CPU ms"] = busy_times[int(len(times) * 0.99)]
    model.close()
    return figures


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--episodes", default="10000,200000", help="lengths of history, comma-separated")
    parser.add_argument("--questions", type=int, default=1000, help="random questions of each kind")
    parser.add_argument("--policies", action="store_true", help="with a policy every hundred episodes")
    arguments = parser.parse_args()
    lengths = [int(part) for part in arguments.episodes.split(",")]
    with tempfile.TemporaryDirectory(prefix="bench-projections-") as folder:
        columns = [
            measure(Path(folder), length, arguments.questions, arguments.policies) for length in lengths
        ]
    print(f"\n{'episodes':<42}" + "".join(f"{length:>14,}" for length in lengths) + f"{'ratio':>10}")
    for name in columns[0]:
        values = [column[name] for column in columns]
        print(
            f"{name:<42}"
            + "".join(f"{value:>14,.2f}" for value in values)
            + f"{values[-1] / values[0]:>10.2f}"
        )


if __name__ == "__main__":
    main()
