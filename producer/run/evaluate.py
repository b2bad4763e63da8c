"""How well a trained network does when it explores no more: greedy episodes, with their uncertainty.

All episodes are lived side by side, one agent each and one life per agent, so that short lives do not count
more often than long ones. Stage and layout of the town are the checkpoint's.
"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import torch

from core.config import recorded_config
from core.errors import StoreError
from producer.agent.dqn import DQN
from producer.environment.town import Town
from producer.run.checkpoints import read_file
from producer.run.migration import migrate

__all__ = ["Evaluation", "evaluate"]

CONFIDENCE = 0.95
RESAMPLES = 10_000


class Evaluation(NamedTuple):
    """Survival of greedy episodes, in steps; `low` and `high` bound the mean with 95 % confidence."""

    checkpoint: str
    stage: int
    limit: int
    survival: npt.NDArray[np.int64]
    mean: float
    low: float
    high: float
    causes: dict[str, int]
    """Episodes by what ended them: a meter's name or "limit"."""

    def lines(self) -> list[str]:
        """As printed by `producer evaluate`."""
        episodes = len(self.survival)
        ends = ", ".join(f"{cause} {count / episodes:.0%}" for cause, count in self.causes.items())
        return [
            f"{self.checkpoint}: {episodes} greedy episodes at stage {self.stage}",
            f"survival  mean {self.mean:.1f} of {self.limit} steps,"
            f" {CONFIDENCE:.0%} confidence interval {self.low:.1f} to {self.high:.1f}"
            f" (percentile bootstrap, {RESAMPLES:,} resamples)",
            f"          median {np.median(self.survival):.0f}, shortest {self.survival.min()},"
            f" longest {self.survival.max()}",
            f"ended by  {ends}",
        ]


def evaluate(checkpoint: Path, episodes: int, seed: int) -> Evaluation:
    """Play `episodes` greedy episodes with the network of `checkpoint`; `seed` draws their births.

    Raises:
        StoreError: not a checkpoint, or damaged.
        ConfigError: a checkpoint of another release.
    """
    state = read_file(checkpoint)
    if "format" in state:  # a replay buffer's file has none; what to give instead is said below
        state = migrate(state, str(checkpoint))
    try:
        config = recorded_config(state["config"], str(checkpoint))
        trained = state["trainer"]
        placed = [(x, y) for x, y in trained["town"]["cells_of_affordances"]]
        stage = trained["curriculum"]["stage"]
        learned = trained["dqn"]
    except KeyError as error:
        raise StoreError(
            f"{checkpoint}: holds no trained network; give a checkpoint_ep….pt, not its replay buffer"
        ) from error
    population = msgspec.structs.replace(config.population, num_agents=episodes)
    training = msgspec.structs.replace(config.training, device="cpu")
    config = msgspec.structs.replace(config, population=population, training=training)
    torch.set_num_threads(config.training.num_threads)
    town = Town.from_config(config, seed)
    town.place(placed)
    town.set_stage(stage)
    dqn = DQN(config.population, town, seed)
    dqn.load_state_dict(learned)

    survival = torch.zeros(episodes, dtype=torch.int64)
    cause = torch.full((episodes,), -1)
    alive = torch.ones(episodes, dtype=torch.bool)
    for _ in range(config.training.max_steps_per_episode):
        step = town.step(dqn.act(town.observation(), epsilon=0.0))
        ended = alive & (step.terminated | step.truncated)
        survival[ended], cause[ended] = step.episode_length[ended], step.cause[ended]
        alive &= ~ended
        if not alive.any():
            break
    low, high = bootstrap_interval(survival.numpy(), seed)
    names = [*config.world.meter_names, "limit"]
    return Evaluation(
        checkpoint=checkpoint.name,
        stage=stage,
        limit=config.training.max_steps_per_episode,
        survival=survival.numpy(),
        mean=float(survival.double().mean()),
        low=low,
        high=high,
        causes=dict(Counter(names[index] for index in cause.tolist()).most_common()),
    )


def bootstrap_interval(sample: npt.NDArray[np.int64], seed: int) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean (Efron & Tibshirani 1993, chapter 13).

    Survival piles up at the limit and has a tail of early deaths: no place for a normal approximation.
    """
    random = np.random.default_rng(seed)
    resampled = random.choice(sample, (RESAMPLES, len(sample))).mean(1)
    low, high = np.quantile(resampled, [(1.0 - CONFIDENCE) / 2.0, (1.0 + CONFIDENCE) / 2.0])
    return float(low), float(high)
