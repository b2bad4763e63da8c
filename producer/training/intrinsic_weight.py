"""The adaptive intrinsic weight: it is annealed while episodes are long and of similar length.

The weight shrinks by `decay_rate` per finished episode while a gate is open: the mean survival time of the
newest episodes is high enough and their standard deviation small enough. It never depends on the episode
number. This is the project's own rule; docs/experiments.md describes how it was found.
"""

from collections import deque
from statistics import fmean, pstdev
from typing import Any

from core.config_schema import Exploration

__all__ = ["AdaptiveIntrinsicWeight"]

REPORT_RATIO = 0.9
"""Annealing is reported when the weight has fallen by another tenth, not at every episode."""


class AdaptiveIntrinsicWeight:
    """The factor on the intrinsic reward, from 0 to 1."""

    def __init__(self, settings: Exploration, max_steps: int) -> None:
        """`max_steps` is the greatest length of an episode."""
        self._settings = settings
        self._least_mean = settings.anneal_above * max_steps
        self.value = settings.initial_intrinsic_weight
        self.reported = self.value
        """The weight after the last report: annealing is reported from there."""
        self._survival_times: deque[int] = deque(maxlen=settings.survival_window)
        self._annealing = False

    def record(self, survival_time: int) -> None:
        """Add a finished episode to the window that the gate judges."""
        self._survival_times.append(survival_time)

    def anneal(self) -> tuple[str, dict[str, float]] | None:
        """Let the gate decide once, after an episode; returns what is to be reported and its numbers.

        The report is "annealing" when the weight has begun to fall, has fallen by a tenth since the last
        report, or has reached its floor; "paused" when the gate has closed.
        """
        settings = self._settings
        if len(self._survival_times) < settings.survival_window:
            return None
        mean = fmean(self._survival_times)
        variation = pstdev(self._survival_times) / mean
        is_open = mean >= self._least_mean and variation <= settings.anneal_max_variation
        was_open, self._annealing = self._annealing, is_open
        numbers = {
            "mean_survival": mean,
            "least_mean": self._least_mean,
            "variation": variation,
            "most_variation": settings.anneal_max_variation,
        }
        if not is_open:
            if not was_open:
                return None
            self.reported = self.value
            return "paused", numbers
        weight = max(settings.min_intrinsic_weight, self.value * settings.decay_rate)
        reached_floor = weight == settings.min_intrinsic_weight != self.value
        self.value = weight
        if was_open and not reached_floor and weight > REPORT_RATIO * self.reported:
            return None
        if weight == self.reported:
            return None
        self.reported = weight
        return "annealing", numbers

    def raise_to(self, least: float) -> None:
        """Raise the weight to `least` and begin a new window; a higher weight stays."""
        self.value = self.reported = max(self.value, least)
        self._annealing = False
        self._survival_times.clear()

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides what comes next."""
        return {
            "value": self.value,
            "reported": self.reported,
            "survival_times": list(self._survival_times),
            "annealing": self._annealing,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self.value = state["value"]
        self.reported = state["reported"]
        self._survival_times = deque(state["survival_times"], maxlen=self._settings.survival_window)
        self._annealing = state["annealing"]
