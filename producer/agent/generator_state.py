"""Restoring the state of a random number generator on another kind of device."""

import hashlib

import torch
from torch import Tensor

__all__ = ["fits", "restorable"]


def fits(saved: Tensor, generator: torch.Generator) -> bool:
    """Whether the saved state is one of the same kind of device: states of CPU and CUDA differ in size."""
    return saved.numel() == generator.get_state().numel()


def restorable(saved: Tensor, generator: torch.Generator) -> Tensor:
    """A state that `generator` can load: `saved` itself if it fits.

    Otherwise the state of a generator seeded from sha256 of `saved`: repeatable, but not the random numbers
    that the other device would have drawn. `generator` is not changed.
    """
    if fits(saved, generator):
        return saved.cpu()
    seed = int.from_bytes(hashlib.sha256(saved.cpu().numpy().tobytes()).digest()[:7], "big")
    return torch.Generator(generator.device).manual_seed(seed).get_state()
