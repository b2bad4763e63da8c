"""Policies for synthetic logs: networks with random weights, and one that goes to a cell when it is tired."""

from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from core import events as e
from core.packing import pack_weights
from tests.support.synthetic_town import (
    ACTIONS,
    CELLS,
    DOWN,
    INTERACT,
    LEFT,
    METERS,
    PLACES,
    RIGHT,
    UP,
)

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
    return _recorded(episode, checkpoint, position, sizes, layers)


def homing(policy: e.PolicyRecorded, name: str, target: tuple[int, int], width: int) -> e.PolicyRecorded:
    """In place of a policy one that goes to the cell `target` when its first meter is low, in a town so wide.

    It uses the affordance `name` where it meets it. Full of that meter it stays where it is.
    """
    cells, meters = policy.cells, len(policy.meters)
    sizes = (cells + meters + len(policy.affordances) + 1, len(ACTIONS))
    weight = np.zeros((len(ACTIONS), sizes[0]))
    for cell in range(cells):
        x, y = cell % width, cell // width
        for action, ahead in ((UP, y - target[1]), (DOWN, target[1] - y), (LEFT, x - target[0])):
            weight[action, cell] = float(ahead > 0)
        weight[RIGHT, cell] = float(x < target[0])
    weight[INTERACT, cells] = 3.0
    weight[INTERACT, cells + meters + policy.affordances.index(name)] = 2.0
    weights = pack_weights([(weight, np.zeros(len(ACTIONS)))])
    return msgspec.structs.replace(policy, layer_sizes=sizes, weights=weights)


def _recorded(
    episode: int, checkpoint: str, position: int, sizes: tuple[int, ...], layers: list[Any]
) -> e.PolicyRecorded:
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
