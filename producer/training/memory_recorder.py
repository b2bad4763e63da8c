"""A run's figures in memory: a recorder for `producer.run.criteria`, without log or projections."""

import numpy as np
import torch

from core.config_schema import RunConfig
from producer.agent.rollout import Rollout
from producer.environment.town import Observation
from producer.training.curriculum import StageDecision
from producer.training.episodes import FinishedLife
from producer.training.exploration import ExplorationDecision
from producer.training.trainer import Trainer

NOVELTY_EVERY = 50
"""Episodes between looks at the novelty of the affordances' cells."""
LINE_EVERY = 250
"""Episodes between the lines of a verbose run."""


class History:
    """What happened, one list entry per finished life."""

    def __init__(self, config: RunConfig, verbose: bool = False) -> None:
        self.names = config.world.affordance_names
        self.survival: list[int] = []
        self.stage: list[int] = []
        self.weight: list[float] = []
        self.epsilon: list[float] = []
        self.visits: list[list[int]] = []
        """How often each affordance took effect."""
        self.stages: list[tuple[int, StageDecision]] = []
        self.exploration: list[tuple[int, ExplorationDecision]] = []
        self.moved_at: int | None = None
        self.novelty: dict[int, float] = {}
        """Episode → mean prediction error at the affordances as they stand then."""
        self.finite = True
        self._verbose = verbose
        self._visits = torch.zeros((config.population.num_agents, len(self.names) + 1), dtype=torch.int64)
        self._used = torch.zeros((1, config.population.num_agents), dtype=torch.int64)

    def rollout(self, rollout: Rollout) -> None:
        """Count what was used; "nothing" is the last column."""
        self._used = rollout.step.affordance_used.cpu().remainder(len(self.names) + 1)
        self._visits.scatter_add_(1, self._used.t(), torch.ones_like(self._used.t()))

    def life(self, life: FinishedLife, trainer: Trainer) -> None:
        """Note a finished life."""
        self.survival.append(life.survival)
        self.stage.append(trainer.curriculum.stage)
        self.weight.append(trainer.exploration.intrinsic_weight)
        self.epsilon.append(trainer.exploration.epsilon)
        # What the agent used after its end, in the same rollout, belongs to its next life.
        later = self._used[len(self._used) - life.ago :, life.agent].bincount(minlength=len(self.names) + 1)
        self.visits.append((self._visits[life.agent] - later)[:-1].tolist())
        self._visits[life.agent] = later
        self.finite = self.finite and bool(torch.isfinite(trainer.figures.sums).all())
        if life.episode % NOVELTY_EVERY == 0:
            self.novelty[life.episode] = _novelty_of_affordances(trainer)
        if self._verbose and life.episode % LINE_EVERY == 0:
            print(self._line(life.episode, trainer.vector_steps), flush=True)

    def stage_changed(self, episode: int, decision: StageDecision) -> None:
        """Note the curriculum's decision."""
        self.stages.append((episode, decision))
        self._tell(episode, f"stage {decision.from_stage} → {decision.to_stage}", decision.decided_by)

    def exploration_changed(self, episode: int, decision: ExplorationDecision) -> None:
        """Note exploration's decision."""
        self.exploration.append((episode, decision))
        if decision.reason not in ("annealing", "paused"):
            self._tell(episode, decision.reason, decision.decided_by)

    def affordances_randomized(
        self, episode: int, seed: int, old: dict[str, tuple[int, int]], new: dict[str, tuple[int, int]]
    ) -> None:
        """Note when the town was rearranged."""
        self.moved_at = episode
        if self._verbose:
            print(f"{episode:6d} moved {new}", flush=True)

    def shares(self, episodes: slice) -> dict[str, float]:
        """Per cent of the visits in these episodes that each affordance had."""
        visits = np.asarray(self.visits[episodes]).sum(0)
        parts = 100.0 * visits / max(int(visits.sum()), 1)
        return dict(zip(self.names, parts.tolist(), strict=True))

    def _tell(self, episode: int, what: str, decided_by: dict[str, float]) -> None:
        if self._verbose:
            numbers = ", ".join(f"{key} {value:.4g}" for key, value in decided_by.items())
            print(f"{episode:6d} {what}: {numbers}", flush=True)

    def _line(self, episode: int, vector_steps: int) -> str:
        shares = " ".join(
            f"{name[:4]}{part:3.0f}" for name, part in self.shares(slice(-LINE_EVERY, None)).items()
        )
        return (
            f"{episode:6d} survival {np.mean(self.survival[-LINE_EVERY:]):5.1f}"
            f" last100 {np.mean(self.survival[-100:]):5.1f} stage {self.stage[-1]}"
            f" w {self.weight[-1]:.3f} ε {self.epsilon[-1]:.3f} steps {vector_steps} | {shares}"
        )


def _novelty_of_affordances(trainer: Trainer) -> float:
    """Mean prediction error on every affordance's cell as it stands now, for middling meters."""
    town = trainer.town
    cells = torch.tensor([town.world.cell_index(cell) for cell in town.placements().values()])
    here = Observation(
        cells.to(town.device),
        torch.full((len(cells), town.num_meters), 0.5, device=town.device),
        torch.arange(len(cells), device=town.device),
    )
    return float(trainer.novelty.error(here).mean())
