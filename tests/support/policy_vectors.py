"""Fixed vectors for the page's own computation of the Q-network, made by `projections.policy`.

    python -m tests.support.policy_vectors > frontend/src/features/mind/vectors.json

A small network with random weights in a town of 3 × 4 cells with two meters and three affordances: its policy
as `/api/policy` answers it, states, and what numpy computes of them.
"""

import base64
import json
from itertools import pairwise
from typing import Any

import numpy as np

from core.packing import split_layers
from projections.policy import input_gradients, network_input, q_values

WIDTH, HEIGHT = 3, 4
METERS = ("warmth", "cheer")
AFFORDANCES = ("Stove", "HotSpring", "Berries")
ACTIONS = ("UP", "DOWN", "LEFT", "RIGHT", "INTERACT")
HIDDEN = (8, 6)
STATES = 40


def vectors() -> dict[str, Any]:
    """The policy, its states, and the values and gradients of each."""
    rng = np.random.default_rng(13)
    cells = WIDTH * HEIGHT
    sizes = (cells + len(METERS) + len(AFFORDANCES) + 1, *HIDDEN, len(ACTIONS))
    count = sum(a * b + b for a, b in pairwise(sizes))
    weights = rng.normal(0.0, 0.6, count).astype("<f2").tobytes()
    layers = split_layers(weights, sizes)
    cell = rng.integers(0, cells, STATES)
    meters = rng.random((STATES, len(METERS))).astype(np.float32).round(3)
    here = rng.integers(0, len(AFFORDANCES) + 1, STATES)
    inputs = network_input(cell, meters, here, (cells, len(AFFORDANCES)))
    values = q_values(layers, inputs)
    order = np.argsort(-values, axis=1)
    best, second = order[:, 0], order[:, 1]
    gradients = (input_gradients(layers, inputs, best) - input_gradients(layers, inputs, second))[
        :, cells : cells + len(METERS)
    ]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "policy": {
            "episode": 40,
            "checkpoint": "checkpoint_ep00040.pt",
            "layer_sizes": sizes,
            "cells": cells,
            "meters": METERS,
            "affordances": AFFORDANCES,
            "actions": ACTIONS,
            "weights": base64.b64encode(weights).decode(),
            "recorded_episodes": [20, 40],
        },
        "states": [
            {
                "cell": int(cell[i]),
                "meters": [round(float(level), 3) for level in meters[i]],
                "affordance": int(here[i]),
                "q": [round(float(value), 6) for value in values[i]],
                "best": int(best[i]),
                "second": int(second[i]),
                "gradients": [round(float(value), 6) for value in gradients[i]],
            }
            for i in range(STATES)
        ],
    }


if __name__ == "__main__":
    print(json.dumps(vectors()))
