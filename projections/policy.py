"""The recorded Q-network in numpy: values, greedy actions, and what decides between two actions.

No torch is needed: a log or a read model is enough to compute what the agents would have done at any time.
Layers are pairs of weights `[out, in]` and biases `[out]`, with ReLU between them.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float32]
Layers: TypeAlias = Sequence[tuple[Array, Array]]


def network_input(
    cells: npt.ArrayLike, meters: npt.ArrayLike, affordances_here: npt.ArrayLike, sizes: tuple[int, int]
) -> Array:
    """Inputs `[B, cells + meters + affordances + 1]` of the network, float32.

    `cells` `[B]` are cell indices, `meters` `[B, M]` lie in 0 to 1, `affordances_here` `[B]` are indices of
    the affordance in that cell, the number of affordances where there is none. `sizes` = (number of cells,
    number of affordances).
    """
    num_cells, num_affordances = sizes
    at, here, levels = np.asarray(cells), np.asarray(affordances_here), np.asarray(meters, np.float32)
    rows = np.arange(len(at))
    inputs = np.zeros((len(at), num_cells + levels.shape[1] + num_affordances + 1), np.float32)
    inputs[rows, at] = 1.0
    inputs[:, num_cells : num_cells + levels.shape[1]] = levels
    inputs[rows, num_cells + levels.shape[1] + here] = 1.0
    return inputs


def q_values(layers: Layers, inputs: Array) -> Array:
    """The value of every action `[B, actions]` for inputs `[B, in]`."""
    return _forward(layers, inputs)[0]


def input_gradients(layers: Layers, inputs: Array, actions: npt.ArrayLike) -> Array:
    """∂Q(s, action)/∂input `[B, in]`: how much the value of each row's action changes with each input."""
    values, hidden = _forward(layers, inputs)
    gradient = np.zeros_like(values)
    gradient[np.arange(len(values)), np.asarray(actions)] = 1.0
    for at in range(len(layers) - 1, -1, -1):
        gradient = gradient @ layers[at][0]
        if at > 0:
            gradient = gradient * (hidden[at - 1] > 0.0)
    return gradient


def _forward(layers: Layers, inputs: Array) -> tuple[Array, list[Array]]:
    """The outputs, and the activations of the hidden layers."""
    hidden: list[Array] = []
    values = inputs
    for at, (weight, bias) in enumerate(layers):
        values = values @ weight.T + bias
        if at < len(layers) - 1:
            values = np.maximum(values, 0.0)
            hidden.append(values)
    return values, hidden
