"""Loss, value and gradient figures, summed on the device and read now and then: no update waits for that."""

from typing import NamedTuple

import torch

from producer.agent.dqn import Update

__all__ = ["Figures", "Means"]


class Means(NamedTuple):
    """Means over the updates that were looked at; all 0 before the first."""

    loss: float
    mean_q: float
    gradient_norm: float


class Figures:
    """Sums since the last `take`. They are no part of a checkpoint: nothing is decided by them."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.sums = torch.zeros(4, device=device)
        """`[4]`: loss, mean greedy Q-value, gradient norm, updates. A NaN or Inf stays in it until taken."""
        self._one = torch.ones((), device=device)
        self._taken = Means(0.0, 0.0, 0.0)

    def add(self, update: Update) -> None:
        """Add the figures of one update."""
        self.sums += torch.stack((update.loss(), update.q.amax(1).mean(), update.gradient_norm, self._one))

    def take(self) -> Means:
        """Means since the last call, or those given then where nothing was learnt; waits for the device."""
        *sums, updates = self.sums.tolist()
        if updates:
            self._taken = Means(*(each / updates for each in sums))
            self.sums.zero_()
        return self._taken
