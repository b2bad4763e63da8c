"""NaN and Inf: where to look for them, how often, and the fresh randomness that a repetition needs.

They are absorbing: once in a loss or gradient they are in the weights, and from there in every later loss. So
it is enough to look now and then, and never before something is written down that must not hold them.
"""

import hashlib

import torch

from producer.training.trainer import Trainer

__all__ = ["CHECK_EVERY", "RESTORATIONS", "NotFiniteError", "branch_off", "require_finite"]

CHECK_EVERY = 8
"""Rollouts between two looks, each of which waits for the device."""

RESTORATIONS = 3
"""Checkpoints restored before training is given up."""


class NotFiniteError(Exception):
    """NaN or Inf was seen in `where`."""

    def __init__(self, where: str) -> None:
        super().__init__(f"NaN or Inf in {where}")
        self.where = where


def require_finite(trainer: Trainer) -> None:
    """Look at the figures summed since the last look, and at both networks' weights.

    Raises:
        NotFiniteError: there is a NaN or Inf.
    """
    weights = trainer.learner.online.flat.sum() + trainer.novelty.predictor.flat.sum()
    suspects = torch.cat((trainer.figures.sums[:3], weights.view(1)))
    finite = suspects.isfinite().tolist()
    for where, is_finite in zip(("loss", "loss", "gradients", "weights"), finite, strict=True):
        if not is_finite:
            raise NotFiniteError(where)


def branch_off(trainer: Trainer, branch: int) -> None:
    """Give a restored trainer other random numbers, or it would run into the same NaN again.

    Branch 0 is the run's own seed; branch b draws actions, replay samples and births from
    sha256(seed, b), so a repetition can be repeated too.
    """
    if branch == 0:
        return
    digest = hashlib.sha256(f"{trainer.seed} branch {branch}".encode()).digest()
    trainer.learner.generator.manual_seed(int.from_bytes(digest[:7], "big"))
    trainer.town.draw_initial_states(int.from_bytes(digest[7:14], "big"))
