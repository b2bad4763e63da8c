"""The recorded Q-network in numpy: values, greedy actions, and what decides between two actions.

No torch is needed: a log or a read model is enough to compute what the agents would have done at any time.
Layers are pairs of weights `[out, in]` and biases `[out]`, with ReLU between them.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from core.observation import ObservationSizes

Array: TypeAlias = npt.NDArray[np.float32]
Layers: TypeAlias = Sequence[tuple[Array, Array]]


def network_input(
    sizes: ObservationSizes,
    cells: npt.ArrayLike,
    meters: npt.ArrayLike,
    affordances_here: npt.ArrayLike,
    near: npt.ArrayLike | None = None,
) -> Array:
    """Inputs `[B, sizes.total]` of the network, float32: `core.observation` says what they mean.

    `cells` `[B]` are cell indices, `meters` `[B, M]` lie in 0 to 1, `affordances_here` `[B]` are indices of
    the affordance in that cell, the number of affordances where there is none. `near` `[B, sizes.near]` is
    what stands in the near cells, None for agents that see only their own cell.
    """
    at, here = np.asarray(cells), np.asarray(affordances_here)
    rows = np.arange(len(at))
    inputs = np.zeros((len(at), sizes.total), np.float32)
    inputs[rows, at] = 1.0
    inputs[:, sizes.meters_at : sizes.affordance_at] = meters
    inputs[rows, sizes.affordance_at + here] = 1.0
    if near is not None:
        inputs[rows[:, None], sizes.near_starts() + np.asarray(near)] = 1.0
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
