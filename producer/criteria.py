"""Do the success criteria hold? Trains the default run and prints each criterion with its figure.

`python -m producer.criteria --seeds 0,1,2` (`make criteria`). Runs take minutes each: not for CI.
The figures come straight from the trainer, without log or projections.
"""

import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
import yaml
from torch import Tensor

from core.config import RunConfig, load_config
from producer.curriculum import StageDecision
from producer.exploration import ExplorationDecision
from producer.lives import FinishedLife
from producer.town import Observation, TownStep
from producer.training import Trainer, train

ROUTINE = ("Bed", "Fridge", "Shower", "Job")
WINDOW = 100
NOVELTY_PROBES = 4


class History:
    """What happened, in memory: a recorder for looking at figures."""

    def __init__(self, config: RunConfig, verbose: bool) -> None:
        self.names = config.world.affordance_names
        self.verbose = verbose
        self.survival: list[int] = []
        self.stage: list[int] = []
        self.weight: list[float] = []
        self.epsilon: list[float] = []
        self.cause: list[int] = []
        self.visits: list[list[int]] = []
        self.decisions: list[tuple[int, str]] = []
        self.moved_at = 0
        self.seconds = 0.0
        self.vector_steps = 0
        self.novelty: list[tuple[int, float]] = []
        self.finite = True
        self._visits = torch.zeros((config.population.num_agents, len(self.names) + 1), dtype=torch.int64)
        self._agents = torch.arange(config.population.num_agents)
        self._moved: Tensor | None = None

    def step(self, observation: Observation, actions: Tensor, step: TownStep, intrinsic: Tensor) -> None:
        used = step.used.cpu()
        self._visits[self._agents, used] += 1

    def life(self, life: FinishedLife, trainer: Trainer) -> None:
        self.survival.append(life.survival)
        self.stage.append(trainer.curriculum.stage)
        self.weight.append(trainer.exploration.intrinsic_weight)
        self.epsilon.append(trainer.exploration.epsilon)
        self.cause.append(life.cause)
        self.visits.append(self._visits[life.agent, :-1].tolist())
        self._visits[life.agent] = 0
        self.finite = self.finite and bool(torch.isfinite(trainer.learner.loss))
        self.vector_steps = trainer.vector_steps
        if life.episode % 50 == 0:
            self.novelty.append((life.episode, self._novelty_where_things_will_be(trainer)))
        if self.verbose and life.episode % 250 == 0:
            self.print_line(life.episode)

    def stage_changed(self, episode: int, decision: StageDecision) -> None:
        figures = {key: round(value, 2) for key, value in decision.decided_by.items()}
        self._decided(episode, f"stage {decision.from_stage} → {decision.to_stage} {figures}")

    def exploration_changed(self, episode: int, decision: ExplorationDecision) -> None:
        figures = {key: round(value, 2) for key, value in decision.decided_by.items()}
        self.decisions.append((episode, decision.reason))
        if decision.reason not in ("annealing", "paused"):
            self._decided(episode, f"{decision.reason} {figures}")

    def affordances_randomized(
        self, episode: int, seed: int, old: dict[str, tuple[int, int]], new: dict[str, tuple[int, int]]
    ) -> None:
        self.moved_at = episode
        self._decided(episode, f"moved {new}")

    def print_line(self, episode: int) -> None:
        """One line on the last 250 lives."""
        visits = np.asarray(self.visits[-250:]).sum(0)
        share = " ".join(
            f"{n[:4]}{v:3.0f}" for n, v in zip(self.names, 100 * visits / max(visits.sum(), 1), strict=True)
        )
        print(
            f"{episode:6d} survival {np.mean(self.survival[-250:]):5.1f}"
            f" last100 {np.mean(self.survival[-100:]):5.1f} stage {self.stage[-1]}"
            f" w {self.weight[-1]:.3f} ε {self.epsilon[-1]:.3f} steps {self.vector_steps} | {share}",
            flush=True,
        )

    def _decided(self, episode: int, text: str) -> None:
        if self.verbose:
            print(f"{episode:6d} {text}", flush=True)

    def _novelty_where_things_will_be(self, trainer: Trainer) -> float:
        """Mean prediction error at the affordances' cells as they stand now, for a fresh agent there."""
        town = trainer.town
        index = [town.world.cell_index(cell) for cell in town.placements().values()]
        cells = torch.tensor(index, device=town.device)
        meters = torch.full((len(index), town.num_meters), 0.5, device=town.device)
        here = Observation(cells, meters, torch.arange(len(index), device=town.device))
        return float(trainer.novelty.error(here).mean())


def run(config: RunConfig, seed: int, verbose: bool = False) -> History:
    """Train to the end and return what happened."""
    torch.set_num_threads(config.training.num_threads)
    history = History(config, verbose)
    trainer = Trainer(config, history, seed)
    began = time.perf_counter()
    train(trainer)
    history.seconds = time.perf_counter() - began
    history.finite = history.finite and bool(torch.isfinite(trainer.learner.online.flat).all())
    return history


def rolling(values: list[int]) -> np.ndarray[Any, Any]:
    """Mean of the last WINDOW values, one per value from the WINDOW-th on."""
    return np.convolve(values, np.ones(WINDOW) / WINDOW, mode="valid")


def figures(history: History) -> dict[str, Any]:
    """Each criterion's figure."""
    survival, moved = history.survival, history.moved_at
    means = rolling(survival)
    stage5 = next((i + 1 for i, stage in enumerate(history.stage) if stage == 5), None)
    before = float(np.mean(survival[moved - WINDOW : moved]))

    def back(part: float) -> int | None:
        """Episodes after the move until the mean of WINDOW lives, all after it, is back at stage 5."""
        reached = [
            episode - moved
            for episode in range(moved + WINDOW, len(survival) + 1)
            if means[episode - WINDOW] >= part * before and history.stage[episode - 1] == 5
        ]
        return reached[0] if reached else None

    last = np.asarray(history.visits[-1000:]).sum(0)
    share = {n: round(100.0 * v / max(last.sum(), 1), 1) for n, v in zip(history.names, last, strict=True)}
    novelty = dict(history.novelty)
    at = moved - moved % 50
    return {
        "stage 5 at": stage5,
        "weight before the move": round(history.weight[moved - 1], 3),
        "mean before the move": round(before, 1),
        "lowest after": round(float(means[moved - WINDOW : moved + 1000].min()), 1),
        "surprises": [e for e, reason in history.decisions if reason == "surprise"],
        "80% after": back(0.8),
        "90% after": back(0.9),
        "mean at +500": round(float(np.mean(survival[moved + 400 : moved + 500])), 1),
        "least later": round(float(means[moved + 500 - WINDOW :].min(initial=np.inf)), 1),
        "final mean": round(float(means[-1]), 1),
        "final stage": history.stage[-1],
        "final weight": round(history.weight[-1], 3),
        "visits % (last 1000)": share,
        "novelty at the cells −50/+50/+500": [
            f"{novelty.get(e, float('nan')):.2g}" for e in (at - 50, at + 50, at + 500)
        ],
        "finite": history.finite,
        "seconds": round(history.seconds),
        "vector steps": history.vector_steps,
    }


@click.command()
@click.option(
    "--config", "path", type=click.Path(path_type=Path), default="configs/townlet/sparse_adaptive.yaml"
)
@click.option("--seeds", default="0,1,2")
@click.option("--set", "changes", multiple=True, help="dotted.key=value, as in the YAML file")
@click.option("--verbose", is_flag=True)
def main(path: Path, seeds: str, changes: tuple[str, ...], verbose: bool) -> None:
    """Train one run per seed and print the figures of the success criteria."""
    overrides = {}
    for change in changes:
        key, _, value = change.partition("=")
        overrides[key] = yaml.safe_load(value)
    config = load_config(path, overrides)
    for seed in (int(seed) for seed in seeds.split(",")):
        print(f"seed {seed} {overrides}")
        for name, value in figures(run(config, seed, verbose)).items():
            print(f"  {name:38s} {value}", flush=True)


if __name__ == "__main__":
    main()
