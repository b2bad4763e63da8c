"""How long a trained network keeps its agents alive: episodes of one checkpoint, with their uncertainty.

All episodes run side by side, one agent each and one episode per agent, so that short episodes do not count
more often than long ones. By default a checkpoint plays three times: its Q-network with the checkpoint's own
epsilon, as the training episodes that the page shows; its Q-network greedily; its target network greedily.
The target network is a running average of the Q-network (Lillicrap et al. 2016, section 3), so its play
differs less from checkpoint to checkpoint (docs/experiments.md).
"""

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import torch

from core.config import recorded_config
from core.config_schema import RunConfig
from core.errors import ConfigError, StoreError
from producer.agent.dqn import DQN
from producer.environment.town import Town
from producer.run.checkpoints import read_file
from producer.run.layouts import cells_of_file, random_cells
from producer.run.migration import migrate

__all__ = ["LAYOUTS", "Evaluation", "Played", "bootstrap_interval", "evaluate"]

CONFIDENCE = 0.95
RESAMPLES = 10_000

LAYOUTS = ("trained", "start", "moved")
"""Layouts by name; see `evaluate`."""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """Episodes of one network at one epsilon; `network` is "online" (the Q-network) or "target".

    Survival in steps; `low` and `high` bound the mean with 95 % confidence.
    """

    network: str
    epsilon: float
    survival_times: list[int]
    mean: float
    low: float
    high: float
    causes: dict[str, int]
    """Episodes by what ended them: a meter's name or "limit"."""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What was played, and how it went. `episode` is the one that the checkpoint stands for."""

    checkpoint: str
    episode: int
    stage: int
    layout: str
    cells: dict[str, tuple[int, int]]
    """Cell (x, y) of each affordance."""
    limit: int
    seed: int
    played: list[Played]
    note: str
    """A sentence on a layout that is not the checkpoint's newest one; empty otherwise."""

    def lines(self) -> list[str]:
        """As printed by `producer evaluate`."""
        lines = [f"{self.checkpoint}: stage {self.stage}, layout {self.layout}, limit {self.limit} steps"]
        if self.note:
            lines.append(self.note)
        for played in self.played:
            survival = np.array(played.survival_times)
            ends = ", ".join(f"{cause} {n / len(survival):.0%}" for cause, n in played.causes.items())
            policy = "greedy" if played.epsilon == 0.0 else f"epsilon {played.epsilon:.3f}"
            policy += ", target network" if played.network == "target" else ""
            lines += [
                f"{policy}, {len(survival)} episodes",
                f"  survival  mean {played.mean:.1f} of {self.limit} steps,"
                f" {CONFIDENCE:.0%} confidence interval {played.low:.1f} to {played.high:.1f}"
                f" (percentile bootstrap, {RESAMPLES:,} resamples)",
                f"            median {np.median(survival):.0f}, shortest {survival.min()},"
                f" longest {survival.max()}",
                f"  ended by  {ends}",
            ]
        return lines


def evaluate(
    checkpoint: Path,
    episodes: int,
    seed: int,
    *,
    layout: str = "trained",
    stage: int | None = None,
    epsilon: float | None = None,
) -> Evaluation:
    """Play `episodes` episodes: at an epsilon, greedily, and greedily by the target network.

    `seed` draws the starts and the random actions. `stage`, from 1, and `epsilon` are the checkpoint's unless
    given. `layout` is "trained" (where the affordances stood in the episodes before the checkpoint), "start"
    (as configured), "moved" (as rearranged by the run, or as the run will rearrange them), or the path of a
    configuration whose affordances have the same names.

    Raises:
        StoreError: not a checkpoint, or damaged.
        ConfigError: a checkpoint of another release, no such stage, or a layout that does not fit.
    """
    state = read_file(checkpoint)
    if "format" in state:  # a replay buffer's file has none; what to give instead is said below
        state = migrate(state, str(checkpoint))
    try:
        config = recorded_config(state["config"], str(checkpoint))
        trained: dict[str, Any] = state["trainer"]
        episode = int(state["writer"]["episodes"])
        trained_stage = int(trained["curriculum"]["stage"])
        excess = float(trained["exploration"]["epsilon"]["excess"])
    except KeyError as error:
        raise StoreError(
            f"{checkpoint}: holds no trained network; give a checkpoint_ep….pt, not its replay buffer"
        ) from error
    stage = trained_stage if stage is None else stage
    if not 1 <= stage <= len(config.curriculum.stages):
        raise ConfigError(f"--stage {stage}: the run has the stages 1 to {len(config.curriculum.stages)}")
    agents = config.population.num_agents
    population = msgspec.structs.replace(config.population, num_agents=episodes)
    training = msgspec.structs.replace(config.training, device="cpu")
    config = msgspec.structs.replace(config, population=population, training=training)
    torch.set_num_threads(config.training.num_threads)
    cells, note = _cells(layout, config, trained, episode, agents)
    at = config.exploration.epsilon_end + excess if epsilon is None else epsilon
    plays = [("online", at), ("online", 0.0), ("target", 0.0)]
    return Evaluation(
        checkpoint=checkpoint.name,
        episode=episode,
        stage=stage,
        layout=layout,
        cells=dict(zip(config.world.affordance_names, cells, strict=True)),
        limit=config.training.max_steps_per_episode,
        seed=seed,
        played=[
            _play(config, trained["dqn"], network, cells, stage, epsilon, seed)
            for network, epsilon in dict.fromkeys(plays)
        ],
        note=note,
    )


def _cells(
    layout: str, config: RunConfig, trained: dict[str, Any], episode: int, agents: int
) -> tuple[list[tuple[int, int]], str]:
    """The cell of each affordance in a layout, and a note if that is not obvious.

    `agents` is the number of agents in training: after so many episodes all agents know a new layout.
    """
    start = [affordance.cell for affordance in config.world.affordances]
    newest = [(int(x), int(y)) for x, y in trained["town"]["cells_of_affordances"]]
    moved_at = config.training.randomize_affordances_at
    match layout:
        case "trained" if newest != start and moved_at is not None and episode - moved_at < agents:
            return start, (
                f"the affordances were moved at episode {moved_at}, right before this checkpoint, which has"
                " learnt nothing there yet; --layout moved plays the new layout"
            )
        case "trained":
            return newest, ""
        case "start":
            return start, ""
        case "moved" if newest != start:
            return newest, ""
        case "moved":
            if moved_at is None:
                raise ConfigError("--layout moved: this run never moves its affordances")
            cells = random_cells(config, newest, int(trained["seed"]) + moved_at)
            return cells, f"as the run will move the affordances at episode {moved_at}"
    return cells_of_file(Path(layout), config), ""


def _play(
    config: RunConfig,
    learned: dict[str, Any],
    network: str,
    cells: list[tuple[int, int]],
    stage: int,
    epsilon: float,
    seed: int,
) -> Played:
    town = Town.from_config(config, seed)
    town.place(cells)
    town.set_stage(stage)
    dqn = DQN(config.population, town, seed)
    dqn.load_state_dict(learned | {"online": learned[network]})
    dqn.generator.manual_seed(seed)
    episodes = config.population.num_agents
    survival = torch.zeros(episodes, dtype=torch.int64)
    cause = torch.full((episodes,), -1)
    running = torch.ones(episodes, dtype=torch.bool)
    for _ in range(config.training.max_steps_per_episode):
        step = town.step(dqn.act(town.observation(), epsilon=epsilon))
        ended = running & (step.terminated | step.truncated)
        survival[ended], cause[ended] = step.episode_length[ended], step.cause[ended]
        running &= ~ended
        if not running.any():
            break
    low, high = bootstrap_interval(survival.numpy(), seed)
    names = [*config.world.meter_names, "limit"]
    return Played(
        network=network,
        epsilon=epsilon,
        survival_times=survival.tolist(),
        mean=float(survival.double().mean()),
        low=low,
        high=high,
        causes=dict(Counter(names[index] for index in cause.tolist()).most_common()),
    )


def bootstrap_interval(sample: npt.NDArray[np.int64], seed: int) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean (Efron & Tibshirani 1993, chapter 13).

    Survival times are not normally distributed: many reach the limit, and a few are very short.
    """
    random = np.random.default_rng(seed)
    resampled = random.choice(sample, (RESAMPLES, len(sample))).mean(1)
    low, high = np.quantile(resampled, [(1.0 - CONFIDENCE) / 2.0, (1.0 + CONFIDENCE) / 2.0])
    return float(low), float(high)
