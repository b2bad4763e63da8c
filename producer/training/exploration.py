"""Epsilon, the adaptive intrinsic weight, and the detector of surprises.

All three look at finished lives only, never at the episode number: the agents are not told when the town is
rearranged. Decisions come back as `ExplorationDecision`, with the numbers that decided them.

Sources: epsilon-greedy (Sutton & Barto 2018, section 2.2); annealing the intrinsic weight on success is this
project's own rule, docs/experiments.md tells how it came about.
"""

from collections import deque
from statistics import fmean, pstdev
from typing import Any

import msgspec

from core.config_schema import Exploration
from producer.training.episodes import FinishedLife

REPORT_RATIO = 0.9
"""Annealing is reported whenever the weight has fallen by another tenth, not at every life."""


class ExplorationDecision(msgspec.Struct, frozen=True):
    """A change worth telling, and why."""

    reason: str
    """ "annealing", "paused" (its gate closed), "drop", "recovered" or "given_up"."""
    intrinsic_weight_before: float
    intrinsic_weight_after: float
    epsilon_before: float
    epsilon_after: float
    decided_by: dict[str, float]


class ExplorationSchedule:
    """How curious and how random the agents are now."""

    def __init__(self, settings: Exploration, max_steps: int) -> None:
        self.settings = settings
        self._max_steps = max_steps
        self.intrinsic_weight = settings.initial_intrinsic_weight
        self._excess = settings.epsilon_start - settings.epsilon_end
        self._window: deque[int] = deque(maxlen=settings.survival_window)
        self._reported_weight = self.intrinsic_weight
        self._annealing = False
        # The detector: newest lives of the stage against their slow mean.
        self._stage = 0
        self._newest: deque[int] = deque(maxlen=settings.drop_window)
        self._reference = 0.0
        self._stage_lives = 0
        self.recovering = False
        self._recovery_reference = 0.0
        self._recovery_steps = 0

    @property
    def epsilon(self) -> float:
        """Probability of a random action."""
        return self.settings.epsilon_end + self._excess

    def tick(self, steps: int) -> None:
        """So many vector steps have passed."""
        self._excess *= 0.5 ** (steps / self.settings.epsilon_half_life)
        if self.recovering:
            self._recovery_steps += steps

    def stage_changed(self) -> None:
        """A new stage needs some trying out."""
        self._raise_epsilon(self.settings.epsilon_after_stage_change)

    def note(self, life: FinishedLife, stage: int) -> ExplorationDecision | None:
        """Take a finished life into account; `stage` is the population's stage now."""
        self._window.append(life.survival)
        surprise = self._watch(life, stage)
        if surprise is not None:
            return surprise
        if self.recovering:
            return self._recovery()
        return self._anneal()

    def _watch(self, life: FinishedLife, stage: int) -> ExplorationDecision | None:
        settings = self.settings
        if stage != self._stage:
            self._stage, self._stage_lives = stage, 0
            self._newest.clear()
        if life.born_stage != stage:
            return None
        self._newest.append(life.survival)
        self._stage_lives += 1
        rate = max(1.0 - 0.5 ** (1.0 / settings.drop_reference_half_life), 1.0 / self._stage_lives)
        self._reference = life.survival if self._stage_lives == 1 else self._reference
        self._reference += rate * (life.survival - self._reference)
        # Whoever has not mastered a lesson yet has good days and bad ones: that is no surprise.
        mastered = self._reference >= settings.anneal_above * self._max_steps
        if self.recovering or self._stage_lives < settings.drop_min_episodes or not mastered:
            return None
        mean = fmean(self._newest)
        if mean >= settings.drop_below * self._reference:
            return None
        weight, epsilon = self.intrinsic_weight, self.epsilon
        self.intrinsic_weight = max(weight, settings.drop_intrinsic_weight)
        self._raise_epsilon(settings.drop_epsilon)
        self._reported_weight = self.intrinsic_weight
        self.recovering, self._recovery_steps = True, 0
        self._recovery_reference = self._reference
        self._annealing = False
        self._window.clear()
        self._stage_lives = 0
        return ExplorationDecision(
            "drop",
            weight,
            self.intrinsic_weight,
            epsilon,
            self.epsilon,
            {"mean_survival": mean, "reference": self._recovery_reference, "below": settings.drop_below},
        )

    def _recovery(self) -> ExplorationDecision | None:
        settings = self.settings
        full = len(self._window) == settings.survival_window
        mean = fmean(self._window)
        back = full and mean >= settings.recovered_at * self._recovery_reference
        if not back and self._recovery_steps < settings.recovery_max_steps:
            return None
        self.recovering = False
        return self._decision(
            "recovered" if back else "given_up",
            self.intrinsic_weight,
            {"mean_survival": mean, "reference": self._recovery_reference, "at": settings.recovered_at},
        )

    def _anneal(self) -> ExplorationDecision | None:
        settings = self.settings
        if len(self._window) < settings.survival_window:
            return None
        mean = fmean(self._window)
        variation = pstdev(self._window) / mean
        is_open = (
            mean >= settings.anneal_above * self._max_steps and variation <= settings.anneal_max_variation
        )
        was_open, self._annealing = self._annealing, is_open
        before = self._reported_weight
        decided_by = {
            "mean_survival": mean,
            "least_mean": settings.anneal_above * self._max_steps,
            "variation": variation,
            "most_variation": settings.anneal_max_variation,
        }
        if not is_open:
            if not was_open:
                return None
            self._reported_weight = self.intrinsic_weight
            return self._decision("paused", before, decided_by)
        weight = max(settings.min_intrinsic_weight, self.intrinsic_weight * settings.decay_rate)
        reached_floor = weight == settings.min_intrinsic_weight != self.intrinsic_weight
        self.intrinsic_weight = weight
        if was_open and not reached_floor and weight > REPORT_RATIO * before:
            return None
        if weight == before:
            return None
        self._reported_weight = weight
        return self._decision("annealing", before, decided_by)

    def _decision(self, reason: str, before: float, decided_by: dict[str, float]) -> ExplorationDecision:
        return ExplorationDecision(
            reason, before, self.intrinsic_weight, self.epsilon, self.epsilon, decided_by
        )

    def _raise_epsilon(self, least: float) -> None:
        self._excess = max(self._excess, least - self.settings.epsilon_end)

    def state_dict(self) -> dict[str, Any]:
        """All that decides what comes next."""
        return {
            "intrinsic_weight": self.intrinsic_weight,
            "excess": self._excess,
            "window": list(self._window),
            "reported_weight": self._reported_weight,
            "annealing": self._annealing,
            "stage": self._stage,
            "newest": list(self._newest),
            "reference": self._reference,
            "stage_lives": self._stage_lives,
            "recovering": self.recovering,
            "recovery_reference": self._recovery_reference,
            "recovery_steps": self._recovery_steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self.intrinsic_weight = state["intrinsic_weight"]
        self._excess = state["excess"]
        self._window = deque(state["window"], maxlen=self.settings.survival_window)
        self._reported_weight = state["reported_weight"]
        self._annealing = state["annealing"]
        self._stage = state["stage"]
        self._newest = deque(state["newest"], maxlen=self.settings.drop_window)
        self._reference = state["reference"]
        self._stage_lives = state["stage_lives"]
        self.recovering = state["recovering"]
        self._recovery_reference = state["recovery_reference"]
        self._recovery_steps = state["recovery_steps"]
