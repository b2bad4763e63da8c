"""Fixed vectors for the page's own computation of the Q-network, made by `projections.policy`.

    python -m tests.support.policy_vectors > frontend/src/features/mind/vectors.json

Small networks with random weights in a town of 3 × 4 cells with two meters and three affordances: their
policies as `/api/policy` answers them, states, and what numpy computes of them. `window` is the same for
agents that see the cells near them.
"""

import base64
import json
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from core.observation import ObservationSizes, near_affordances, near_cells
from core.packing import split_layers
from projections.policy import Array, Layers, input_gradients, network_input, q_values

WIDTH, HEIGHT = 3, 4
METERS = ("warmth", "cheer")
AFFORDANCES = ("Stove", "HotSpring", "Berries")
ACTIONS = ("UP", "DOWN", "LEFT", "RIGHT", "INTERACT")
HIDDEN = (8, 6)
STATES = 40
SIZES = ObservationSizes(WIDTH * HEIGHT, len(METERS), len(AFFORDANCES))
SIGHT = 2


LAYOUT = {"Stove": 2, "HotSpring": 6, "Berries": 9}
"""Cells of the affordances where the states are those of a layout."""
WALLS = (4, 11)


def vectors() -> dict[str, Any]:
    """The policies, their states, and the values and gradients of each."""
    rng = np.random.default_rng(13)
    weights, layers = _network(rng, SIZES)
    cell = rng.integers(0, SIZES.cells, STATES)
    meters = rng.random((STATES, len(METERS))).astype(np.float32).round(3)
    here = rng.integers(0, len(AFFORDANCES) + 1, STATES)
    inputs = network_input(SIZES, cell, meters, here)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "policy": _policy(SIZES, weights, 0),
        "states": _states(layers, inputs, cell, meters, here),
        "window": _window(),
    }


def _window() -> dict[str, Any]:
    """The same for agents that see the cells near them, in a layout with walls."""
    rng = np.random.default_rng(14)
    near = near_cells(WIDTH, HEIGHT, WALLS, SIGHT)
    sizes = msgspec.structs.replace(SIZES, near=near.shape[1])
    weights, layers = _network(rng, sizes)
    affordance_at = np.full(sizes.cells, sizes.affordances)
    affordance_at[list(LAYOUT.values())] = range(sizes.affordances)
    cell = rng.permutation([at for at in range(sizes.cells) if at not in WALLS])
    meters = rng.random((len(cell), len(METERS))).astype(np.float32).round(3)
    here, seen = affordance_at[cell], near_affordances(affordance_at, near, sizes.affordances)[cell]
    inputs = network_input(sizes, cell, meters, here, seen)
    return {
        "walls": WALLS,
        "layout": [{"name": name, "x": at % WIDTH, "y": at // WIDTH} for name, at in LAYOUT.items()],
        "policy": _policy(sizes, weights, SIGHT),
        "states": _states(layers, inputs, cell, meters, here),
    }


def _network(rng: np.random.Generator, sizes: ObservationSizes) -> tuple[bytes, Layers]:
    widths = (sizes.total, *HIDDEN, len(ACTIONS))
    count = sum(a * b + b for a, b in pairwise(widths))
    weights = rng.normal(0.0, 0.6, count).astype("<f2").tobytes()
    return weights, split_layers(weights, widths)


def _policy(sizes: ObservationSizes, weights: bytes, sight: int) -> dict[str, Any]:
    return {
        "episode": 40,
        "checkpoint": "checkpoint_ep00040.pt",
        "layer_sizes": (sizes.total, *HIDDEN, len(ACTIONS)),
        "cells": sizes.cells,
        "meters": METERS,
        "affordances": AFFORDANCES,
        "actions": ACTIONS,
        "weights": base64.b64encode(weights).decode(),
        "sight": sight,
        "recorded_episodes": [{"first": 20, "last": 40, "every": 20}],
    }


def _states(layers: Layers, inputs: Array, cell: Any, meters: Array, here: Any) -> list[dict[str, Any]]:
    values = q_values(layers, inputs)
    order = np.argsort(-values, axis=1)
    best, second = order[:, 0], order[:, 1]
    gradients = input_gradients(layers, inputs, best) - input_gradients(layers, inputs, second)
    of_meters = gradients[:, SIZES.meters_at : SIZES.affordance_at]
    return [
        {
            "cell": int(cell[i]),
            "meters": [round(float(level), 3) for level in meters[i]],
            "affordance": int(here[i]),
            "q": [round(float(value), 6) for value in values[i]],
            "best": int(best[i]),
            "second": int(second[i]),
            "gradients": [round(float(value), 6) for value in of_meters[i]],
        }
        for i in range(len(cell))
    ]


if __name__ == "__main__":
    print(json.dumps(vectors()))
