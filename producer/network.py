"""A fully connected ReLU network whose parameters are one flat vector, with its backward pass by hand.

`expand` makes its input of compact observations. No autograd here: for two hidden layers the backward pass
is five lines, and leaving the tape out makes an update a third faster.
"""

import math

import torch
from torch import Tensor

from producer.town import Observation


def expand(observation: Observation, num_cells: int, num_affordances: int) -> Tensor:
    """One-hot cell, meters, one-hot affordance underfoot: `[B, num_cells + meters + num_affordances + 1]`."""
    meters = observation.meters
    width = num_cells + meters.shape[1]
    inputs = meters.new_zeros((len(meters), width + num_affordances + 1))
    inputs[:, num_cells:width] = meters
    hot = torch.stack((observation.cell, observation.underfoot + width), 1)
    return inputs.scatter_(1, hot, 1.0)


class Network:
    """Layers of the given sizes, ReLU between them."""

    def __init__(self, sizes: list[int], generator: torch.Generator, device: torch.device) -> None:
        """Weights and biases uniform in ±1/√fan_in (torch's default for a linear layer), drawn on the CPU."""
        self.sizes = sizes
        pieces = []
        for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
            bound = 1.0 / math.sqrt(fan_in)
            draw = torch.rand(((fan_in + 1) * fan_out,), generator=generator)
            pieces.append((draw * 2.0 - 1.0) * bound)
        self.flat = torch.cat(pieces).to(device)
        self.gradient = torch.zeros_like(self.flat)
        self.weights, self.biases = self._views(self.flat)
        self._weight_gradients, self._bias_gradients = self._views(self.gradient)

    def forward(self, inputs: Tensor) -> Tensor:
        """`[B, sizes[0]]` → `[B, sizes[-1]]`."""
        return self.forward_and_keep(inputs)[0]

    def forward_and_keep(self, inputs: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The output, and the input of every layer for the backward pass."""
        layers = [inputs]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layers.append(torch.addmm(bias, layers[-1], weight).relu_())
        return torch.addmm(self.biases[-1], layers[-1], self.weights[-1]), layers

    def backward(self, slope: Tensor, layers: list[Tensor]) -> Tensor:
        """The gradient of all parameters, flat, for ∂loss/∂output `slope` `[B, sizes[-1]]`."""
        for i in reversed(range(len(layers))):
            torch.mm(layers[i].t(), slope, out=self._weight_gradients[i])
            torch.sum(slope, 0, out=self._bias_gradients[i])
            if i > 0:
                slope = torch.mm(slope, self.weights[i].t()) * (layers[i] > 0.0)
        return self.gradient

    def _views(self, flat: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        weights, biases, at = [], [], 0
        for fan_in, fan_out in zip(self.sizes, self.sizes[1:], strict=False):
            weights.append(flat[at : at + fan_in * fan_out].view(fan_in, fan_out))
            at += fan_in * fan_out
            biases.append(flat[at : at + fan_out])
            at += fan_out
        return weights, biases
