"""A recorder that keeps the figures of a run in memory, without log and projections.

`producer.training.criteria` judges runs with it.
"""

import numpy as np
import torch

from core.config_schema import RunConfig
from core.events import AffordancesRandomized, ExplorationChanged, StageChanged
from producer.agent.novelty import Novelty
from producer.agent.rollout import Rollout
from producer.environment.town import Observation, Town
from producer.training.episodes import FinishedEpisode
from producer.training.trainer import Trainer

__all__ = ["NOVELTY_EVERY", "MemoryRecorder"]

NOVELTY_EVERY = 50
"""Episodes between two measurements of the novelty at the affordances' cells."""
LINE_EVERY = 250
"""Episodes between two lines of a verbose run."""


class MemoryRecorder:
    """Implements `producer.training.trainer.Recorder`; its lists have one entry per finished episode."""

    def __init__(self, config: RunConfig, verbose: bool = False) -> None:
        """`verbose` prints every decision, and a line of figures once in a while."""
        self.names = config.world.affordance_names
        self.survival: list[int] = []
        """Steps."""
        self.reward: list[float] = []
        """Extrinsic, summed over the episode."""
        self.stage: list[int] = []
        self.weight: list[float] = []
        self.epsilon: list[float] = []
        self.visits: list[list[int]] = []
        """How often each affordance took effect."""
        self.stages: list[StageChanged] = []
        self.exploration: list[ExplorationChanged] = []
        self.moved_at: int | None = None
        self.novelty: dict[int, float] = {}
        """Episode → mean prediction error at the cells where the affordances stand; empty without RND."""
        self.finite = True
        self._verbose = verbose
        columns = len(self.names) + 1  # one per affordance, the last for steps without effect
        self._visits = torch.zeros((config.population.num_agents, columns), dtype=torch.int64)
        self._used = torch.zeros((1, config.population.num_agents), dtype=torch.int64)

    def record_rollout(self, rollout: Rollout) -> None:
        """Count the affordances that took effect."""
        used = rollout.step.affordance_used.cpu()
        self._used = torch.where(used < 0, len(self.names), used)
        self._visits.scatter_add_(1, self._used.t(), torch.ones_like(self._used.t()))

    def record_episode(self, episode: FinishedEpisode, trainer: Trainer) -> None:
        """Record a finished episode and the schedules at its end."""
        number, agent = episode.episode, episode.agent
        self.survival.append(episode.survival_time)
        self.reward.append(episode.extrinsic_reward)
        self.stage.append(trainer.curriculum.stage)
        self.weight.append(trainer.exploration.intrinsic_weight)
        self.epsilon.append(trainer.exploration.epsilon)
        # What the agent used after this end, in the same rollout, belongs to its next episode.
        steps_before_rollout_end = trainer.vector_steps - episode.vector_step
        later = self._used[len(self._used) - steps_before_rollout_end :, agent]
        later_visits = later.bincount(minlength=len(self.names) + 1)
        self.visits.append((self._visits[agent] - later_visits)[:-1].tolist())
        self._visits[agent] = later_visits
        self.finite = self.finite and bool(torch.isfinite(trainer.metrics.sums).all())
        if trainer.novelty is not None and number % NOVELTY_EVERY == 0:
            self.novelty[number] = _novelty_of_affordances(trainer.town, trainer.novelty)
        if self._verbose and number % LINE_EVERY == 0:
            print(self._line(number, trainer.vector_steps), flush=True)

    def record_decision(self, event: StageChanged | ExplorationChanged | AffordancesRandomized) -> None:
        """Record a decision of the curriculum or of exploration, or the rearrangement of the town."""
        match event:
            case StageChanged():
                self.stages.append(event)
                self._print(event.episode, f"stage {event.from_stage} → {event.to_stage}", event.decided_by)
            case ExplorationChanged():
                self.exploration.append(event)
                if event.reason not in ("annealing", "paused"):
                    self._print(event.episode, event.reason, event.decided_by)
            case AffordancesRandomized():
                self.moved_at = event.episode
                self._print(event.episode, "the affordances moved", {})

    def shares(self, episodes: slice) -> dict[str, float]:
        """The share of each affordance in the visits of these episodes, per cent."""
        visits = np.asarray(self.visits[episodes]).sum(0)
        parts = 100.0 * visits / max(int(visits.sum()), 1)
        return dict(zip(self.names, parts.tolist(), strict=True))

    def _print(self, episode: int, decision: str, decided_by: dict[str, float]) -> None:
        if self._verbose:
            numbers = ", ".join(f"{key} {value:.4g}" for key, value in decided_by.items())
            print(f"{episode:6d} {decision} {numbers}".rstrip(), flush=True)

    def _line(self, episode: int, vector_steps: int) -> str:
        shares = " ".join(
            f"{name[:4]}{part:3.0f}" for name, part in self.shares(slice(-LINE_EVERY, None)).items()
        )
        return (
            f"{episode:6d} survival {np.mean(self.survival[-LINE_EVERY:]):5.1f}"
            f" last100 {np.mean(self.survival[-100:]):5.1f} stage {self.stage[-1]}"
            f" w {self.weight[-1]:.3f} ε {self.epsilon[-1]:.3f} steps {vector_steps} | {shares}"
        )


def _novelty_of_affordances(town: Town, novelty: Novelty) -> float:
    """Mean prediction error at the cells where the affordances stand now, with all meters at 0.5."""
    cells = torch.tensor([town.world.cell_index(cell) for cell in town.placements().values()])
    here = Observation(
        cells.to(town.device),
        torch.full((len(cells), town.num_meters), 0.5, device=town.device),
        torch.arange(len(cells), device=town.device),
        town.current.near_at[cells.to(town.device)],
    )
    return float(novelty.measure(here).mean())
