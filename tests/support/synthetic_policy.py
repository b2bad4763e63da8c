"""Policies for synthetic logs: networks with random weights that drift from checkpoint to checkpoint."""

from itertools import pairwise

import numpy as np

from core import events as e
from core.packing import pack_weights
from tests.support.synthetic_town import ACTIONS, CELLS, METERS, PLACES

DRIFT = 0.3
"""How far each network is on its own, beside what all networks of a log share."""


def policy_recorded(
    episode: int, checkpoint: str, position: int, hidden: tuple[int, ...], seed: int
) -> e.PolicyRecorded:
    """A network with the hidden layers `hidden`, as if recorded beside `checkpoint`."""
    sizes = (CELLS + len(METERS) + len(PLACES) + 1, *hidden, len(ACTIONS))
    shared, own = np.random.default_rng(seed), np.random.default_rng((seed, episode))
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        weight, bias = (
            shared.normal(0.0, 1.0, shape) + DRIFT * own.normal(0.0, 1.0, shape)
            for shape in ((fan_out, fan_in), (fan_out,))
        )
        layers.append((weight / np.sqrt(fan_in), 0.1 * bias))
    return e.PolicyRecorded(
        episode=episode,
        position=position,
        checkpoint=checkpoint,
        layer_sizes=sizes,
        cells=CELLS,
        meters=METERS,
        affordances=tuple(PLACES),
        weights=pack_weights(layers),
    )
