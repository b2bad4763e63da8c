"""The curriculum: five lessons, and when the population moves between them.

It moves up when lives born in the stage last long enough, do not get shorter, and the policy knows what it
wants where it matters (the entropy gate); down when lives are short. Only lives born in the stage count.

The gate: softmax of the Q-values at a temperature of the running mean |TD error|, so that gaps count in units
of what the network cannot tell apart, on the neediest states of a replay sample; entropy as a part of its
maximum, log(number of actions). Source: curriculum learning (Bengio et al. 2009); the gate is our own.
"""

import math
from collections import deque
from collections.abc import Callable
from statistics import fmean
from typing import Any

import msgspec
import torch
from torch import Tensor

from core.config_schema import Curriculum
from producer.training.episodes import FinishedLife

ENTROPY_SAMPLE = 256
ENTROPY_NEEDIEST = 64
ENTROPY_EVERY = 50
"""Vector steps between two looks at the gate while all else is fulfilled."""


class StageDecision(msgspec.Struct, frozen=True):
    """The population changes its stage; stages count from 1."""

    from_stage: int
    to_stage: int
    decided_by: dict[str, float]


class CurriculumSchedule:
    """Where the population stands."""

    def __init__(self, settings: Curriculum, max_steps: int) -> None:
        self.settings = settings
        self._max_steps = max_steps
        self.stage = settings.start_stage
        self._survivals: deque[int] = deque(maxlen=settings.survival_window)
        self._steps = 0
        self._gate_asked_at = -ENTROPY_EVERY
        self._no_retreat = 0

    def tick(self, steps: int) -> None:
        """So many vector steps have passed."""
        self._steps += steps

    def surprised(self) -> None:
        """The town has changed: no retreat for a while, shaped lessons do not find a moved bed."""
        self._no_retreat = self.settings.no_retreat_after_drop
        self._survivals.clear()

    def note(self, life: FinishedLife, entropy: Callable[[], float]) -> StageDecision | None:
        """Take a finished life into account; `entropy` (0 to 1) is asked only when all else says advance."""
        self._no_retreat = max(0, self._no_retreat - 1)
        if life.born_stage != self.stage:
            return None
        self._survivals.append(life.survival)
        settings, window = self.settings, list(self._survivals)
        if len(window) < settings.survival_window or self._steps < settings.min_steps_at_stage:
            return None
        mean = fmean(window)
        half = len(window) // 2
        progress = fmean(window[half:]) - fmean(window[:half])
        decided_by = {"mean_survival": mean, "progress": progress, "steps_at_stage": float(self._steps)}
        if mean < settings.survival_retreat_threshold * self._max_steps:
            if self.stage == 1 or self._no_retreat > 0:
                return None
            decided_by["retreat_below"] = settings.survival_retreat_threshold * self._max_steps
            return self._move(self.stage - 1, decided_by)
        if (
            self.stage == len(settings.stages)
            or mean <= settings.survival_advance_threshold * self._max_steps
            or progress < settings.min_progress
            or self._steps < self._gate_asked_at + ENTROPY_EVERY
        ):
            return None
        self._gate_asked_at = self._steps
        now = entropy()
        if now >= settings.entropy_gate:
            return None
        decided_by["advance_above"] = settings.survival_advance_threshold * self._max_steps
        decided_by["entropy"] = now
        decided_by["entropy_gate"] = settings.entropy_gate
        return self._move(self.stage + 1, decided_by)

    def _move(self, stage: int, decided_by: dict[str, float]) -> StageDecision:
        decision = StageDecision(self.stage, stage, decided_by)
        self.stage = stage
        self._survivals.clear()
        self._steps = 0
        self._gate_asked_at = -ENTROPY_EVERY
        return decision

    def state_dict(self) -> dict[str, Any]:
        """All that decides what comes next."""
        return {
            "stage": self.stage,
            "survivals": list(self._survivals),
            "steps": self._steps,
            "gate_asked_at": self._gate_asked_at,
            "no_retreat": self._no_retreat,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self.stage = state["stage"]
        self._survivals = deque(state["survivals"], maxlen=self.settings.survival_window)
        self._steps = state["steps"]
        self._gate_asked_at = state["gate_asked_at"]
        self._no_retreat = state["no_retreat"]


def policy_entropy(q_values: Tensor, temperature: Tensor) -> Tensor:
    """Mean entropy of softmax(Q / temperature) over `[B, num_actions]`, as a part of its maximum: 0 to 1."""
    log_policy = torch.log_softmax(q_values / temperature.clamp(min=1e-8), 1)
    entropy = -(log_policy.exp() * log_policy).sum(1).mean()
    return entropy / math.log(q_values.shape[1])


def neediest(meters: Tensor, vital: Tensor, count: int) -> Tensor:
    """Rows of the `count` states whose worst vital meter is lowest. `meters` [B, M], `vital` [M] bool."""
    return meters[:, vital].amin(1).topk(count, largest=False).indices
