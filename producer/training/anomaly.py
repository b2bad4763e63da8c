"""NaN and Inf in training: where they are looked for, how often, and new random numbers for a repetition.

A NaN in a loss or a gradient is in the weights after the update, and in every later loss. So a check once in
a while is enough, and one before anything is written that must not contain NaN or Inf.
"""

import hashlib

import torch

from producer.training.trainer import Trainer

__all__ = ["CHECK_EVERY", "MAX_RESTORATIONS", "NotFiniteError", "require_finite", "reseed", "reseed_from"]

CHECK_EVERY = 8
"""Rollouts between two checks; each check waits for the device."""

MAX_RESTORATIONS = 3
"""Checkpoints that are restored before training is given up."""


class NotFiniteError(Exception):
    """NaN or Inf was found in `where`."""

    def __init__(self, where: str) -> None:
        super().__init__(f"NaN or Inf in {where}")
        self.where = where


def require_finite(trainer: Trainer) -> None:
    """Check the metrics summed since they were last read, and the weights of every trained network.

    Raises:
        NotFiniteError: there is a NaN or Inf; `where` is "loss", "Q-values", "gradients" or "weights".
    """
    weights = trainer.dqn.q_network.flat.sum()
    if trainer.novelty is not None:
        weights = weights + trainer.novelty.checksum()
    sums = torch.cat((trainer.metrics.sums[:3], weights.view(1)))
    for where, finite in zip(
        ("loss", "Q-values", "gradients", "weights"), sums.isfinite().tolist(), strict=True
    ):
        if not finite:
            raise NotFiniteError(where)


def reseed(trainer: Trainer, sequence: int) -> None:
    """Give a restored trainer other random numbers: with the same ones it would meet the same NaN again.

    Sequence 0 is that of the run's seed. Sequence k > 0 draws actions, replay samples and initial states from
    sha256(seed, k), so that a repetition can be repeated too.
    """
    if sequence == 0:
        return
    reseed_from(trainer, f"{trainer.seed} branch {sequence}")


def reseed_from(trainer: Trainer, text: str) -> None:
    """Draw actions, replay samples and initial states from sha256 of `text` from here on."""
    digest = hashlib.sha256(text.encode()).digest()
    trainer.dqn.generator.manual_seed(int.from_bytes(digest[:7], "big"))
    trainer.town.draw_initial_states(int.from_bytes(digest[7:14], "big"))
