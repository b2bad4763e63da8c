"""The curriculum: a sequence of stages, and the rules that move the whole population between them.

The population advances when episodes that began in the stage last long enough, do not get shorter, and the
policy is decided in the states that need a decision most (`producer.training.entropy_gate`). The population
retreats when these episodes are short. Episodes that began in another stage do not count.

Source: curriculum learning (Bengio et al. 2009); the rules and the gate are this project's own.
"""

from collections import deque
from collections.abc import Callable
from statistics import fmean
from typing import Any

from core.config_schema import Curriculum
from core.events import StageChanged
from producer.training.episodes import FinishedEpisode

__all__ = ["CurriculumSchedule"]

ENTROPY_EVERY = 50
"""Vector steps between two measurements of the entropy while all other conditions hold."""


class CurriculumSchedule:
    """The stage of the population, counted from 1, and what decides the next one."""

    def __init__(self, settings: Curriculum, max_steps: int) -> None:
        """`max_steps` is the greatest length of an episode."""
        self.settings = settings
        self._advance_above = settings.survival_advance_threshold * max_steps
        self._retreat_below = settings.survival_retreat_threshold * max_steps
        self.stage = settings.start_stage
        self._survival_times: deque[int] = deque(maxlen=settings.survival_window)
        self._steps = 0
        self._gate_asked_at = -ENTROPY_EVERY
        self._no_retreat = 0

    def advance(self, steps: int) -> None:
        """Count `steps` vector steps in the stage."""
        self._steps += steps

    def drop_detected(self) -> None:
        """Rule out a retreat for a while: the town has changed, and easier stages do not find a moved bed."""
        self._no_retreat = self.settings.no_retreat_after_drop
        self._survival_times.clear()

    def record_episode(self, episode: FinishedEpisode, entropy: Callable[[], float]) -> StageChanged | None:
        """Record a finished episode; returns the change of stage that follows, if any.

        `entropy` measures the policy's entropy, from 0 to 1; it is called only when all else says advance.
        """
        self._no_retreat = max(0, self._no_retreat - 1)
        if episode.born_stage != self.stage:
            return None
        self._survival_times.append(episode.survival_time)
        settings, window = self.settings, list(self._survival_times)
        if len(window) < settings.survival_window or self._steps < settings.min_steps_at_stage:
            return None
        mean, half = fmean(window), len(window) // 2
        progress = fmean(window[half:]) - fmean(window[:half])
        decided_by = {"mean_survival": mean, "progress": progress, "steps_at_stage": float(self._steps)}
        if mean < self._retreat_below:
            if self.stage == 1 or self._no_retreat > 0:
                return None
            return self._move(episode, self.stage - 1, decided_by | {"retreat_below": self._retreat_below})
        if (
            self.stage == len(settings.stages)
            or mean <= self._advance_above
            or progress < settings.min_progress
            or self._steps < self._gate_asked_at + ENTROPY_EVERY
        ):
            return None
        self._gate_asked_at = self._steps
        measured = entropy()
        if measured >= settings.entropy_gate:
            return None
        gate = {"entropy": measured, "entropy_gate": settings.entropy_gate}
        return self._move(episode, self.stage + 1, decided_by | {"advance_above": self._advance_above} | gate)

    def _move(self, episode: FinishedEpisode, stage: int, decided_by: dict[str, float]) -> StageChanged:
        change = StageChanged(
            episode=episode.episode,
            agent=None,
            from_stage=self.stage,
            to_stage=stage,
            decided_by=decided_by,
        )
        self.stage = stage
        self._survival_times.clear()
        self._steps = 0
        self._gate_asked_at = -ENTROPY_EVERY
        return change

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides what comes next."""
        return {
            "stage": self.stage,
            "survivals": list(self._survival_times),
            "steps": self._steps,
            "gate_asked_at": self._gate_asked_at,
            "no_retreat": self._no_retreat,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self.stage = state["stage"]
        self._survival_times = deque(state["survivals"], maxlen=self.settings.survival_window)
        self._steps = state["steps"]
        self._gate_asked_at = state["gate_asked_at"]
        self._no_retreat = state["no_retreat"]
