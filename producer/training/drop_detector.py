"""The detector of performance drops: it finds out from survival times alone that the town has changed.

The detector compares the mean survival time of the newest episodes with a slow reference, an exponential
moving average over the episodes of the present stage. When the mean falls below a part of the reference, the
detector reports a drop and the population is *recovering*, until the mean is back or a time limit has
passed. The detector is not told that, or when, the town is rearranged. This is the project's own rule;
docs/experiments.md describes how it was found.
"""

from collections import deque
from statistics import fmean
from typing import Any

from core.config_schema import Exploration
from producer.training.episodes import FinishedEpisode

__all__ = ["PerformanceDropDetector"]


class PerformanceDropDetector:
    """Watches the survival times; `recovering` from a drop until the recovery has succeeded or failed."""

    def __init__(self, settings: Exploration, max_steps: int) -> None:
        """`max_steps` is the greatest length of an episode."""
        self._settings = settings
        self._mastered_above = settings.anneal_above * max_steps
        self._stage = 0
        self._stage_episodes = 0
        self._newest: deque[int] = deque(maxlen=settings.drop_window)
        self._reference = 0.0
        self.recovering = False
        self._recovery_reference = 0.0
        self._recovery_steps = 0
        self._since_drop: deque[int] = deque(maxlen=settings.survival_window)

    def advance(self, steps: int) -> None:
        """Count `steps` vector steps towards the time limit of a recovery."""
        if self.recovering:
            self._recovery_steps += steps

    def record(self, episode: FinishedEpisode, stage: int) -> tuple[str, dict[str, float]] | None:
        """Record a finished episode; `stage` is the population's stage now.

        Returns what was found, with the numbers that decided it: "drop", "recovered", "given_up"
        (the time limit of the recovery has passed), or None.
        """
        if self.recovering:
            self._since_drop.append(episode.survival_time)
        if stage != self._stage:
            self._stage, self._stage_episodes = stage, 0
            self._newest.clear()
        if episode.born_stage == stage:
            self._follow(episode.survival_time)
            drop = None if self.recovering else self._drop()
            if drop is not None:
                return drop
        return self._recovery() if self.recovering else None

    def _follow(self, survival_time: int) -> None:
        """Add an episode of the present stage to the newest ones and to the reference."""
        self._newest.append(survival_time)
        self._stage_episodes += 1
        half_life = self._settings.drop_reference_half_life
        # A plain mean at first: the moving average would keep too much of the first episode.
        rate = max(1.0 - 0.5 ** (1.0 / half_life), 1.0 / self._stage_episodes)
        self._reference = survival_time if self._stage_episodes == 1 else self._reference
        self._reference += rate * (survival_time - self._reference)

    def _drop(self) -> tuple[str, dict[str, float]] | None:
        settings = self._settings
        # Before a stage is mastered, survival times vary anyway: no drop is reported.
        mastered = self._reference >= self._mastered_above
        if self._stage_episodes < settings.drop_min_episodes or not mastered:
            return None
        mean = fmean(self._newest)
        if mean >= settings.drop_below * self._reference:
            return None
        self.recovering, self._recovery_steps = True, 0
        self._recovery_reference = self._reference
        self._since_drop.clear()
        self._stage_episodes = 0
        return "drop", {
            "mean_survival": mean,
            "reference": self._recovery_reference,
            "below": settings.drop_below,
        }

    def _recovery(self) -> tuple[str, dict[str, float]] | None:
        settings = self._settings
        mean = fmean(self._since_drop)
        full = len(self._since_drop) == settings.survival_window
        recovered = full and mean >= settings.recovered_at * self._recovery_reference
        if not recovered and self._recovery_steps < settings.recovery_max_steps:
            return None
        self.recovering = False
        return "recovered" if recovered else "given_up", {
            "mean_survival": mean,
            "reference": self._recovery_reference,
            "at": settings.recovered_at,
        }

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides what comes next."""
        return {
            "stage": self._stage,
            "stage_episodes": self._stage_episodes,
            "newest": list(self._newest),
            "reference": self._reference,
            "recovering": self.recovering,
            "recovery_reference": self._recovery_reference,
            "recovery_steps": self._recovery_steps,
            "since_drop": list(self._since_drop),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._stage = state["stage"]
        self._stage_episodes = state["stage_episodes"]
        self._newest = deque(state["newest"], maxlen=self._settings.drop_window)
        self._reference = state["reference"]
        self.recovering = state["recovering"]
        self._recovery_reference = state["recovery_reference"]
        self._recovery_steps = state["recovery_steps"]
        self._since_drop = deque(state["since_drop"], maxlen=self._settings.survival_window)
