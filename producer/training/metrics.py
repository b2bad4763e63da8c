"""Loss, Q-value and gradient norm, summed on the device and read seldom, so that no update waits."""

from typing import NamedTuple

import torch

from producer.agent.dqn import Update

__all__ = ["MetricMeans", "TrainingMetrics"]


class MetricMeans(NamedTuple):
    """Means over the recorded updates; all 0 before the first."""

    loss: float
    """Mean Huber loss."""
    mean_q: float
    """Mean of max_a Q(s, a)."""
    gradient_norm: float
    """L2 norm before clipping."""


class TrainingMetrics:
    """Sums since the last `read`. They are not part of a checkpoint: nothing is decided by them."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.sums = torch.zeros(4, device=device)
        """`[4]`: loss, mean greedy Q-value, gradient norm, updates; a NaN or Inf stays until `read`."""
        self._one = torch.ones((), device=device)
        self._newest = MetricMeans(0.0, 0.0, 0.0)

    def record(self, update: Update) -> None:
        """Add one update."""
        sums = (update.loss(), update.q_values.amax(1).mean(), update.gradient_norm, self._one)
        self.sums += torch.stack(sums)

    def read(self) -> MetricMeans:
        """Means since the last call, or that call's means if nothing was learnt; waits for the device."""
        *sums, updates = self.sums.tolist()
        if updates:
            self._newest = MetricMeans(*(each / updates for each in sums))
            self.sums.zero_()
        return self._newest
