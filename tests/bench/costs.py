"""Where the time of training goes: the parts of a vector step, the update, the events."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from core.config_schema import RunConfig
from producer.environment.rules import ACTIONS
from producer.training.trainer import Trainer
from tests.bench.timing import in_turns, seconds, wait_for
from tests.bench.trainers import SilentRecorder, writing_trainer


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
                wait_for(device)
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
    """Microseconds of one update with its targets, and of the matrix products that an update needs at least.

    Dense: the products of textbook Double DQN with one-hot inputs written out: both networks forward on
    states and successors, one backward. Ours looks the one-hots up, so its own floor is lower: the same
    products with only the meters' columns in the first layer.
    """
    population = config.population
    trainer = Trainer(config, SilentRecorder())
    for _ in range(50):
        trainer.step()
    at_once = population.learn_every
    batch = trainer.replay_buffer.sample(
        population.batch_size * at_once, population.n_step, population.gamma, trainer.dqn.generator
    )
    bonus = torch.zeros(population.batch_size * at_once, device=device)
    updates = (25 if quick else 125) * at_once

    @torch.inference_mode()
    def update() -> None:
        for _ in range(updates // at_once):
            trainer.dqn.learn(batch, bonus, at_once)

    def products(inputs: int) -> Callable[[], None]:
        rows, hidden, outputs = population.batch_size, population.hidden, len(ACTIONS)
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
    silent = Trainer(config, SilentRecorder())
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
                wait_for(device)
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
