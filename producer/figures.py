"""Loss, value and gradient figures, summed on the device and read now and then: no update waits for that."""

from typing import NamedTuple

import torch

from producer.learner import Learner

__all__ = ["Figures", "Means"]


class Means(NamedTuple):
    """Means over updates; all 0 before the first."""

    loss: float
    mean_q: float
    gradient_norm: float


class Figures:
    """Sums since the last `take`. They are no part of a checkpoint: nothing is decided by them."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.sums = torch.zeros(3, device=device)
        """`[3]`: loss, mean greedy Q-value, gradient norm. A NaN or Inf stays in it until taken."""
        self._updates = 0
        self._taken = Means(0.0, 0.0, 0.0)

    def add(self, learner: Learner) -> None:
        """Add the figures of the update just made."""
        self.sums += torch.stack((learner.loss, learner.mean_q, learner.grad_norm))
        self._updates += 1

    def take(self) -> Means:
        """Means since the last call, or those given then where nothing was learnt; waits for the device."""
        if self._updates:
            self._taken = Means(*(self.sums / self._updates).tolist())
            self.sums.zero_()
            self._updates = 0
        return self._taken
