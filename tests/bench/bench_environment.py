"""How fast the Gymnasium town is, beside Gymnasium's Taxi and, where it is installed, Minigrid, in one run.

    python tests/bench/bench_environment.py [--quick] [--out FILE.json]

One process, one thread, random actions drawn beforehand. All are measured in turns, round by round: a busy
neighbour slows all of them. A figure is the median of its rounds, a ratio the median of the ratios of the
rounds. Episodes that end are followed by the next one, and that is counted in. Vector environments that are
not the town's are Gymnasium's `SyncVectorEnv`.
"""

import argparse
import importlib.util
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch

from producer.environment.gymnasium_env import ENV_ID

TAXI, MINIGRID = "Taxi-v4", "MiniGrid-Empty-8x8-v0"
NUM_ENVS = (64, 1024)


def single(env_id: str, steps: int) -> Callable[[], float]:
    """A measurement of a single environment: steps per second."""
    env = gymnasium.make(env_id)
    env.reset(seed=0)
    actions = np.random.default_rng(0).integers(0, env.action_space.n, steps).tolist()

    def measure() -> float:
        env.reset()
        began = time.perf_counter()
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        return steps / (time.perf_counter() - began)

    return measure


def vector(env_id: str, num_envs: int, steps: int) -> Callable[[], float]:
    """A measurement of a vector environment: steps of all its agents per second."""
    mode = "vector_entry_point" if env_id == ENV_ID else "sync"
    env = gymnasium.make_vec(env_id, num_envs=num_envs, vectorization_mode=mode)
    env.reset(seed=0)
    vector_steps = max(steps // num_envs, 2)
    count = env.single_action_space.n
    actions = np.random.default_rng(0).integers(0, count, (vector_steps, num_envs))

    def measure() -> float:
        began = time.perf_counter()
        for row in actions:
            env.step(row)
        return vector_steps * num_envs / (time.perf_counter() - began)

    return measure


def resets(count: int) -> Callable[[], float]:
    """A measurement of `reset(seed=…)` of the town: calls per second."""
    env = gymnasium.make(ENV_ID)

    def measure() -> float:
        began = time.perf_counter()
        for seed in range(count):
            env.reset(seed=seed)
        return count / (time.perf_counter() - began)

    return measure


def measurements() -> dict[tuple[str, str], Callable[[], float]]:
    """What is measured, by environment and arrangement."""
    env_ids = [ENV_ID, TAXI]
    if importlib.util.find_spec("minigrid") is not None:
        import minigrid  # noqa: F401 (registers its environments)

        env_ids.append(MINIGRID)
    works: dict[tuple[str, str], Callable[[], float]] = {}
    for env_id in env_ids:
        slow = 8 if env_id == MINIGRID else 1
        works[env_id, "single"] = single(env_id, 8192 // slow)
        for num_envs in NUM_ENVS:
            fast = 16 if env_id == ENV_ID else 1
            works[env_id, f"vector {num_envs:,}"] = vector(env_id, num_envs, 8192 * fast // slow)
    works[ENV_ID, "reset(seed=…)"] = resets(256)
    return works


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--out", type=Path, help="write all rounds as JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    works = measurements()
    rounds: dict[tuple[str, str], list[float]] = {key: [] for key in works}
    for _ in range(3 if arguments.quick else 9):
        for key, measure in works.items():
            rounds[key].append(measure())

    print(f"{platform.machine()}, Python {platform.python_version()}, Gymnasium {gymnasium.__version__}\n")
    print("| environment | | steps per second | town / this |")
    print("|---|---|---:|---:|")
    for (env_id, arrangement), rates in rounds.items():
        town = rounds[ENV_ID, arrangement]
        ratio = statistics.median(ours / theirs for ours, theirs in zip(town, rates, strict=True))
        print(f"| {env_id} | {arrangement} | {statistics.median(rates):,.0f} | {ratio:.2f} |")
    if arguments.out is not None:
        result: dict[str, Any] = {" ".join(key): rates for key, rates in rounds.items()}
        arguments.out.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
