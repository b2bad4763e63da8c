"""How fast the trainer is, beside Stable-Baselines3 and beside the bare arithmetic, in one run.

    python tests/bench/bench_producer.py [--quick] [--full] [--device cpu] [--out FILE.json]

One thread each. What is compared is measured in turns, round by round, and the median round counts, so that
a busy neighbour slows both. The replay ratio (samples learnt from per agent-step made) stands beside every
number that learns. `--full` also times the default run from its command to its end; that takes minutes.
"""

import argparse
import json
import platform
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from core.config import load_config
from tests.bench.costs import event_emission, learner_and_floor, parts
from tests.bench.throughput import environment_and_acting, training, training_many
from tests.bench.timing import Row, print_table
from tests.support.processes import COMMANDS

CONFIG = Path(__file__).parents[2] / "configs" / "townlet" / "sparse_adaptive.yaml"


def default_run(device: torch.device) -> Row:
    """Wall time of the default run, command to end, alone on the machine."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(COMMANDS / "producer"), "run", "--config", str(CONFIG)]
        began = time.perf_counter()
        subprocess.run(
            [*command, "--run-dir", folder, "--device", device.type],
            check=True,
            stderr=subprocess.PIPE,
        )
        taken = time.perf_counter() - began
        checkpoints = sum(path.stat().st_size for path in Path(folder, "checkpoints").iterdir())
        log = Path(folder, "events.db").stat().st_size
    return {"seconds": taken, "checkpoint_bytes": checkpoints, "log_bytes": log}


def main() -> None:
    """Measure everything, print it, write it down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a minute instead of five; rougher")
    parser.add_argument("--full", action="store_true", help="also time the default run of 10,000 episodes")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    torch.set_num_threads(1)
    device = torch.device(options.device)
    config = load_config(CONFIG, {"training.device": options.device})

    rows = environment_and_acting(config, device, options.quick)
    rows += training_many(config, device, options.quick) + training(config, device, options.quick)
    print_table(
        "Throughput, one thread",
        ("", "agents", "agent-steps/s", "µs per vector step", "replay ratio"),
        [
            (
                row["what"],
                f"{row['agents']:,}",
                f"{row['agent_steps_per_second']:,.0f}",
                f"{row['us_per_vector_step']:,.1f}",
                f"{row['replay_ratio']:g}",
            )
            for row in rows
        ],
    )
    by_part = parts(config, device, options.quick)
    agents = config.population.num_agents
    print_table(
        f"One vector step of training, {agents} agents, replay ratio {rows[-1]['replay_ratio']:g}",
        ("", "µs"),
        [(name, f"{value:.1f}") for name, value in by_part.items()],
    )
    floor = learner_and_floor(config, device, options.quick)
    print_table(
        f"One update, batch {config.population.batch_size}",
        ("", "µs", "update ÷ this"),
        [(name, f"{value:.1f}", f"{floor['one update'] / value:.2f}") for name, value in floor.items()],
    )
    emission = event_emission(config, device, options.quick)
    print(f"\nEvents and log add to training, over {emission['vector_steps']:,.0f} paired vector steps:")
    for kind in ("processor", "wall"):
        interval = f"{emission[f'{kind}_low']:.1%} to {emission[f'{kind}_high']:.1%}"
        print(f"  {emission[kind]:.1%} {kind} time (95 % confidence {interval})")
    report: dict[str, Any] = {
        "machine": {"processor": platform.processor(), "torch": torch.__version__, "device": str(device)},
        "quick": options.quick,
        "throughput": rows,
        "parts_us": by_part,
        "update_us": floor,
        "event_emission": emission,
    }
    if options.full:
        report["default_run"] = whole = default_run(device)
        print(
            f"\nThe default run took {whole['seconds']:.0f} s; its checkpoints fill"
            f" {whole['checkpoint_bytes'] / 1e6:.0f} MB, its log {whole['log_bytes'] / 1e6:.0f} MB"
        )
    if options.out is not None:
        options.out.write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
