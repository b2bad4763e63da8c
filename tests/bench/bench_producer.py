"""How fast the trainer is, beside Stable-Baselines3 and beside the bare arithmetic, in one run.

    python tests/bench/bench_producer.py [--quick] [--full] [--device cpu] [--out FILE.json]

One thread each. What is compared is measured in turns, round by round, and the median round counts, so that
a busy neighbour slows both. The replay ratio (samples learnt from per agent-step made) stands beside every
number that learns. `--full` also times the default run from its command to its end; that takes minutes.
"""

import argparse
import json
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import stable_baselines3
import torch
from stable_baselines3.common.vec_env import VecEnv

from core.config import load_config
from core.config_schema import RunConfig
from core.log import EventLog
from core.process.signals import ShutdownSignal
from producer.agent.dqn import DQN
from producer.environment.gymnasium_vector import TownVectorEnv
from producer.environment.rules import ACTIONS
from producer.environment.town import Town
from producer.run.console import Console, Progress
from producer.run.event_recorder import EventRecorder
from producer.run.event_writer import EventWriter
from producer.training.trainer import Trainer
from tests.support.processes import COMMANDS

CONFIG = Path(__file__).parents[2] / "configs" / "townlet" / "sparse_adaptive.yaml"
AGENTS = (10, 64, 1024, 16_384)
AGENTS_ON_GPU = (1, 64, 4096, 65_536)

Row = dict[str, Any]


class Silence:
    """A recorder that writes nothing down: training without events."""

    def record_rollout(self, *_: object) -> None: ...
    def record_episode(self, *_: object) -> None: ...
    def record_decision(self, *_: object) -> None: ...


class ForStableBaselines(VecEnv):
    """Our vector environment as Stable-Baselines3 wants it."""

    def __init__(self, env: TownVectorEnv) -> None:
        self._env = env
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> np.ndarray:
        return self._env.reset(seed=0)[0]

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        observation, reward, died, truncated, info = self._env.step(self._actions)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if "final_obs" in info:
            for i in np.flatnonzero(info["_final_obs"]):
                infos[i] = {
                    "terminal_observation": info["final_obs"][i],
                    "TimeLimit.truncated": bool(truncated[i]),
                }
        return observation, reward, died | truncated, infos

    def close(self) -> None:
        self._env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self._env, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * self.num_envs


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """Time one call, to the end of what it put on the device."""
    _wait(device)
    began = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - began


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def in_turns(
    works: dict[str, Callable[[], object]], rounds: int, device: torch.device
) -> dict[str, list[float]]:
    """Time each work once a round; the seconds of every round."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(seconds(work, device))
    return times


def environment_and_acting(config: RunConfig, device: torch.device, quick: bool) -> list[Row]:
    """Agent-steps/s of the town alone, under random actions, and of the town under the network."""
    rows = []
    for agents in AGENTS_ON_GPU if device.type == "cuda" else AGENTS:
        steps = max(20, min(2_000, 3_000_000 // agents) // (10 if quick else 1))
        town = Town(config.world, config.curriculum.stages, agents, 500, seed=0, device=device)
        dqn = DQN(config.population, town, seed=1)
        actions = [torch.randint(len(ACTIONS), (agents,), device=device) for _ in range(16)]

        @torch.inference_mode()
        def step(town: Town = town, actions: list[torch.Tensor] = actions, steps: int = steps) -> None:
            for i in range(steps):
                town.step(actions[i & 15])

        @torch.inference_mode()
        def act(town: Town = town, dqn: DQN = dqn, steps: int = steps) -> None:
            for _ in range(steps):
                town.step(dqn.act(town.observation(), 0.05))

        times = in_turns({"environment alone": step, "acting": act}, 3 if quick else 7, device)
        for name, rounds in times.items():
            middle = statistics.median(rounds)
            rows.append(
                {
                    "what": name,
                    "agents": agents,
                    "agent_steps_per_second": agents * steps / middle,
                    "us_per_vector_step": 1e6 * middle / steps,
                    "replay_ratio": 0.0,
                }
            )
    return rows


@contextmanager
def writing_trainer(config: RunConfig) -> Iterator[tuple[Trainer, EventWriter]]:
    """A trainer whose events go into a real log, as `producer run` has it, without checkpoints."""
    with tempfile.TemporaryDirectory() as folder:
        log = EventLog(Path(folder) / "events.db")
        # no lines: the clock stands still for no terminal
        training = msgspec.structs.replace(config.training, heartbeat_every=2**62)
        progress = Progress(Console(), msgspec.structs.replace(config, training=training))
        writer = EventWriter(log, config.training.num_episodes, ShutdownSignal(), progress)
        recorder = EventRecorder(config, config.training.device, writer)
        yield Trainer(config, recorder), writer
        writer.commit()
        log.close()


def stable_baselines(config: RunConfig) -> stable_baselines3.DQN:
    """DQN at the same network, batch, environments and replay ratio; spared curiosity and n-step returns."""
    people = config.population
    return stable_baselines3.DQN(
        "MlpPolicy",
        ForStableBaselines(TownVectorEnv(people.num_agents, config)),
        learning_rate=people.learning_rate,
        buffer_size=people.replay_buffer_capacity,
        learning_starts=people.learning_starts,
        batch_size=people.batch_size,
        tau=people.target_tau,
        target_update_interval=people.num_agents,
        gamma=people.gamma,
        train_freq=1,
        gradient_steps=people.updates_per_step,
        policy_kwargs={"net_arch": [people.hidden, people.hidden]},
        device="cpu",
        seed=0,
    )


def training(config: RunConfig, device: torch.device, quick: bool) -> list[Row]:
    """Full training, RND, events and log included, in turns with Stable-Baselines3's DQN."""
    people = config.population
    agents, steps, rounds = people.num_agents, 100 if quick else 400, 3 if quick else 9
    model = stable_baselines(config)
    with writing_trainer(config) as (trainer, writer):

        def ours() -> None:
            for _ in range(steps // people.learn_every):
                trainer.step()
                writer.commit_if_due()

        def theirs() -> None:
            model.learn(steps * agents, reset_num_timesteps=False, log_interval=10**9)

        for warm_up in (ours, theirs):
            warm_up()
        times = in_turns(
            {"training, with RND and log": ours, "Stable-Baselines3 DQN": theirs}, rounds, device
        )
    ratio = people.batch_size * people.updates_per_step / agents
    medians = {name: statistics.median(values) for name, values in times.items()}
    return [
        {
            "what": name,
            "agents": agents,
            "agent_steps_per_second": agents * steps / middle,
            "us_per_vector_step": 1e6 * middle / steps,
            "replay_ratio": ratio,
        }
        for name, middle in medians.items()
    ]


def training_many(config: RunConfig, device: torch.device, quick: bool) -> list[Row]:
    """Full training without log at other numbers of agents: the replay ratio falls as the agents grow."""
    rows = []
    for agents in AGENTS_ON_GPU if device.type == "cuda" else (64, 1024):
        population = msgspec.structs.replace(
            config.population,
            num_agents=agents,
            replay_buffer_capacity=max(config.population.replay_buffer_capacity, 64 * agents),
        )
        trainer = Trainer(msgspec.structs.replace(config, population=population), Silence())
        rollouts = 20 if quick else 100
        steps = rollouts * population.learn_every

        def train(trainer: Trainer = trainer, rollouts: int = rollouts) -> None:
            for _ in range(rollouts):
                trainer.step()

        train()
        middle = statistics.median(seconds(train, device) for _ in range(3))
        rows.append(
            {
                "what": "training, with RND, no log",
                "agents": agents,
                "agent_steps_per_second": agents * steps / middle,
                "us_per_vector_step": 1e6 * middle / steps,
                "replay_ratio": population.batch_size * population.updates_per_step / agents,
            }
        )
    return rows


def parts(config: RunConfig, device: torch.device, quick: bool) -> dict[str, float]:
    """Microseconds of a vector step, by part; waiting for the device after each part where there is one."""
    rollouts = 50 if quick else 500
    steps = rollouts * config.population.learn_every
    with writing_trainer(config) as (trainer, writer):
        for _ in range(50):
            trainer.step()
        spent: dict[str, float] = {}

        def timed(name: str, owner: object, method: str) -> None:
            original = getattr(owner, method)
            spent[name] = 0.0

            def wrapper(*arguments: Any, **named: Any) -> Any:
                began = time.perf_counter()
                result = original(*arguments, **named)
                _wait(device)
                spent[name] += time.perf_counter() - began
                return result

            setattr(owner, method, wrapper)

        timed("acting", trainer.dqn, "act")
        timed("environment", trainer.town, "step")
        timed("RND, observing and training", trainer.novelty, "observe")
        timed("replay, storing", trainer.replay_buffer, "insert")
        timed("recorder, every rollout", trainer.recorder, "record_rollout")
        timed("replay, sampling", trainer.replay_buffer, "sample")
        timed("RND, rewarding samples", trainer.novelty, "reward")
        timed("learner", trainer.dqn, "learn")
        timed("recorder, finished episodes", trainer.recorder, "record_episode")
        timed("event writer", writer, "commit_if_due")

        def run() -> None:
            for _ in range(rollouts):
                trainer.step()
                writer.commit_if_due()

        whole = seconds(run, device)
    micros = {name: 1e6 * value / steps for name, value in spent.items()}
    return micros | {"rest": 1e6 * whole / steps - sum(micros.values()), "all": 1e6 * whole / steps}


def learner_and_floor(config: RunConfig, device: torch.device, quick: bool) -> dict[str, float]:
    """Microseconds of one update, targets included, and of the bare matrix products it cannot do without.

    Dense: the products of textbook Double DQN with one-hot inputs written out: both networks forward on
    states and successors, one backward. Ours looks the one-hots up, so its own floor is lower: the same
    products with only the meters' columns in the first layer.
    """
    people = config.population
    trainer = Trainer(config, Silence())
    for _ in range(50):
        trainer.step()
    at_once = people.learn_every
    batch = trainer.replay_buffer.sample(
        people.batch_size * at_once, people.n_step, people.gamma, trainer.dqn.generator
    )
    bonus = torch.zeros(people.batch_size * at_once, device=device)
    updates = (25 if quick else 125) * at_once

    @torch.inference_mode()
    def update() -> None:
        for _ in range(updates // at_once):
            trainer.dqn.learn(batch, bonus, at_once)

    def products(inputs: int) -> Callable[[], None]:
        rows, hidden, outputs = people.batch_size, people.hidden, len(ACTIONS)
        sizes = [(inputs, hidden), (hidden, hidden), (hidden, outputs)]
        forward = [
            (torch.rand(2 * rows, fan_in, device=device), torch.rand(fan_in, fan_out, device=device))
            for fan_in, fan_out in sizes
        ] * 2
        backward = [
            (torch.rand(fan_in, rows, device=device), torch.rand(rows, fan_out, device=device))
            for fan_in, fan_out in sizes
        ] + [
            (torch.rand(rows, fan_out, device=device), torch.rand(fan_out, fan_in, device=device))
            for fan_in, fan_out in sizes[1:]
        ]
        pairs = forward + backward
        outs = [torch.mm(left, right) for left, right in pairs]

        @torch.inference_mode()
        def multiply() -> None:
            for _ in range(updates):
                for (left, right), out in zip(pairs, outs, strict=True):
                    torch.mm(left, right, out=out)

        return multiply

    works = {
        "one update": update,
        "floor, dense": products(trainer.town.num_cells + trainer.town.num_meters + 9),
        "floor, one-hots looked up": products(trainer.town.num_meters),
    }
    times = in_turns(works, 5 if quick else 15, device)
    return {name: 1e6 * statistics.median(rounds) / updates for name, rounds in times.items()}


def event_emission(config: RunConfig, device: torch.device, quick: bool) -> dict[str, float]:
    """What recorder, event writer and log add to training: equal trainers in turns, with and without.

    Both make the same steps (equal seeds), so every round is a pair, and both orders take turns. Processor
    time is what recorder, packing and SQLite compute; wall time adds the wait for the disk, and whatever else
    the machine does. Intervals are the 95 % percentile bootstrap over rounds.
    """
    rollouts, rounds = (12, 20) if quick else (25, 300)
    steps = rollouts * config.population.learn_every
    silent = Trainer(config, Silence())
    with writing_trainer(config) as (trainer, writer):

        def with_log() -> None:
            for _ in range(rollouts):
                trainer.step()
                writer.commit_if_due()

        def without_log() -> None:
            for _ in range(rollouts):
                silent.step()

        with_log()
        without_log()
        # [rounds, on and off, wall and processor seconds]
        spent = np.empty((rounds, 2, 2))
        for i in range(rounds):
            for which in (0, 1) if i % 2 else (1, 0):
                began, processor = time.perf_counter(), time.process_time()
                (with_log, without_log)[which]()
                _wait(device)
                spent[i, which] = time.perf_counter() - began, time.process_time() - processor
    picks = np.random.default_rng(0).integers(rounds, size=(4_000, rounds))
    resampled = spent[picks].sum(1)
    figures = {"vector_steps": float(steps * rounds)}
    for kind, name in enumerate(("wall", "processor")):
        overheads = resampled[:, 0, kind] / resampled[:, 1, kind] - 1.0
        low, high = np.quantile(overheads, [0.025, 0.975])
        on, off = spent[:, :, kind].sum(0)
        figures |= {name: float(on / off - 1.0), f"{name}_low": float(low), f"{name}_high": float(high)}
    return figures


def default_run(device: torch.device) -> Row:
    """Wall time of the default run, command to end, alone on the machine."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(COMMANDS / "producer"), "run", "--config", str(CONFIG)]
        began = time.perf_counter()
        subprocess.run(
            [*command, "--run-dir", folder, "--device", device.type],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        taken = time.perf_counter() - began
        checkpoints = sum(path.stat().st_size for path in Path(folder, "checkpoints").iterdir())
        log = Path(folder, "events.db").stat().st_size
    return {"seconds": taken, "checkpoint_bytes": checkpoints, "log_bytes": log}


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need be, the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    print(f"\n{title}")
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        print("  " + "  ".join(cells))


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
