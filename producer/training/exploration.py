"""Exploration: epsilon, the intrinsic weight and the drop detector, and how they act on each other.

All three see finished episodes only, never the episode number: the agents are not told when the town is
rearranged. A drop raises the weight and epsilon; annealing rests during the recovery.
"""

from typing import Any

from core.config_schema import Exploration
from core.events import ExplorationChanged
from producer.training.drop_detector import PerformanceDropDetector
from producer.training.episodes import FinishedEpisode
from producer.training.epsilon import EpsilonSchedule
from producer.training.intrinsic_weight import AdaptiveIntrinsicWeight

__all__ = ["ExplorationSchedule"]


class ExplorationSchedule:
    """The present epsilon and intrinsic weight, and whether the population is recovering from a drop."""

    def __init__(self, settings: Exploration, max_steps: int) -> None:
        """`max_steps` is the greatest length of an episode."""
        self.settings = settings
        self.epsilon_schedule = EpsilonSchedule(settings)
        self.weight = AdaptiveIntrinsicWeight(settings, max_steps) if settings.novelty != "none" else None
        """None in a run without an intrinsic reward."""
        self.detector = PerformanceDropDetector(settings, max_steps)

    @property
    def epsilon(self) -> float:
        """The probability of a random action."""
        return self.epsilon_schedule.value

    @property
    def intrinsic_weight(self) -> float:
        """The factor on the intrinsic reward; always 0 without one."""
        return self.weight.value if self.weight is not None else 0.0

    @property
    def recovering(self) -> bool:
        """Whether the population is recovering from a drop."""
        return self.detector.recovering

    def advance(self, steps: int) -> None:
        """Count `steps` vector steps."""
        self.epsilon_schedule.advance(steps)
        self.detector.advance(steps)

    def stage_changed(self) -> None:
        """Raise epsilon: a new stage has to be explored."""
        self.epsilon_schedule.raise_to(self.settings.epsilon_after_stage_change)

    def record_episode(self, episode: FinishedEpisode, stage: int) -> ExplorationChanged | None:
        """Record a finished episode; returns the change to be logged, if any.

        `stage` is the population's stage now.
        """
        if self.weight is not None:
            self.weight.record(episode.survival_time)
        weight, epsilon = self.intrinsic_weight, self.epsilon
        change = self.detector.record(episode, stage)
        if change is None and self.weight is not None and not self.recovering:
            weight = self.weight.reported
            change = self.weight.anneal()
        if change is None:
            return None
        reason, decided_by = change
        if reason == "drop":
            if self.weight is not None:
                self.weight.raise_to(self.settings.drop_intrinsic_weight)
            self.epsilon_schedule.raise_to(self.settings.drop_epsilon)
        return ExplorationChanged(
            episode=episode.episode,
            reason=reason,
            intrinsic_weight_before=weight,
            intrinsic_weight_after=self.intrinsic_weight,
            epsilon_before=epsilon,
            epsilon_after=self.epsilon,
            decided_by=decided_by,
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides what comes next."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = {"epsilon": self.epsilon_schedule, "detector": self.detector}
        return parts if self.weight is None else {**parts, "intrinsic_weight": self.weight}
