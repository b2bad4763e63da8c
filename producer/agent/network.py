"""A fully connected ReLU network on compact observations, its parameters one flat vector, backward by hand.

Its input is `producer.environment.observation.flatten_observation`, but never written out. A one-hot
times a weight matrix is a row of it, so the first layer looks rows up and adds them, the bias among them,
instead of multiplying: exact, and cheaper. No autograd: for two hidden layers the backward pass is a few
lines, checked against autograd in the tests. One flat vector makes Adam, averaging and norms one kernel each.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from producer.environment.town import Observation

ADAM_BETA1, ADAM_BETA2, ADAM_EPS = 0.9, 0.999, 1e-8


class Inputs(NamedTuple):
    """Observations as a network's first layer takes them: one `look_up` serves all networks of a town."""

    rows: Tensor
    """[3 · B] int64: the first layer's rows for cell, affordance underfoot and bias, one after the other."""
    starts: Tensor
    """[B] int64: 0, 3, 6 and so on."""
    observation: Observation

    def part(self, at: int, size: int) -> "Inputs":
        """Observations at … at + size."""
        observation = Observation(*(column[at : at + size] for column in self.observation))
        return Inputs(self.rows[3 * at : 3 * (at + size)], self.starts[:size], observation)


class Network:
    """Layers of the given sizes, ReLU between them."""

    def __init__(
        self,
        num_cells: int,
        num_meters: int,
        num_affordances: int,
        sizes: list[int],
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        """`sizes` are the widths of the hidden layers and the output.

        Weights and biases are uniform in ±1/√fan_in (torch's default), drawn on the CPU.
        """
        self._meters_at = num_cells
        self._underfoot_at = num_cells + num_meters
        self._bias_at = num_cells + num_meters + num_affordances + 1
        self.sizes = [self._bias_at, *sizes]
        pieces = []
        for fan_in, fan_out in zip(self.sizes, sizes, strict=False):
            bound = 1.0 / math.sqrt(fan_in)
            draw = torch.rand(((fan_in + 1) * fan_out,), generator=generator)
            pieces.append((draw * 2.0 - 1.0) * bound)
        self.flat = torch.cat(pieces).to(device)
        self.gradient = torch.zeros_like(self.flat)
        self.weights, self.biases = self._views(self.flat)
        # The first layer's weights and, as their last row, its bias: neighbours in the flat vector.
        self._table = self.flat[: (self._bias_at + 1) * sizes[0]].view(-1, sizes[0])
        # [(cell, underfoot), 3]: the rows that any place lights up.
        cells, things = torch.arange(num_cells), torch.arange(num_affordances + 1)
        places = torch.cartesian_prod(cells, things + self._underfoot_at, torch.tensor([self._bias_at]))
        self._rows_of_place = places.to(device)
        self._num_things = len(things)
        self._weight_gradients, self._bias_gradients = self._views(self.gradient)

    def look_up(self, observation: Observation) -> Inputs:
        """Which rows of the first layer observations `[B]` light up."""
        place = torch.add(observation.affordance_here, observation.cell, alpha=self._num_things)
        rows = self._rows_of_place.index_select(0, place).flatten()
        return Inputs(rows, torch.arange(0, len(rows), 3, device=rows.device), observation)

    def forward(self, inputs: Inputs) -> Tensor:
        """Outputs `[B, sizes[-1]]`."""
        return self.forward_and_keep(inputs)[0]

    def forward_and_keep(self, inputs: Inputs) -> tuple[Tensor, list[Tensor]]:
        """Outputs, and the hidden layers `[B, width]` for the backward pass."""
        hidden = torch.embedding_bag(self._table, inputs.rows, inputs.starts)[0]
        meter_rows = self._table[self._meters_at : self._underfoot_at]
        layers = [hidden.addmm_(inputs.observation.meters, meter_rows).relu_()]
        for weight, bias in zip(self.weights[1:-1], self.biases[1:-1], strict=True):
            layers.append(linear(layers[-1], weight, bias).relu_())
        return linear(layers[-1], self.weights[-1], self.biases[-1]), layers

    def backward(self, slope: Tensor, inputs: Inputs, layers: list[Tensor]) -> Tensor:
        """The gradient of all parameters, flat, for ∂loss/∂outputs `slope` `[B, sizes[-1]]`."""
        observation = inputs.observation
        for i in range(len(layers), 0, -1):
            layer = layers[i - 1]
            torch.mm(slope.t(), layer, out=self._weight_gradients[i])
            torch.sum(slope, 0, out=self._bias_gradients[i])
            slope = torch.ops.aten.threshold_backward(torch.mm(slope, self.weights[i]), layer, 0.0)
        table = self._weight_gradients[0].zero_()
        table.index_add_(0, observation.cell, slope)
        table[self._underfoot_at :].index_add_(0, observation.affordance_here, slope)
        meter_rows = table[self._meters_at : self._underfoot_at]
        torch.mm(observation.meters.t(), slope, out=meter_rows)
        torch.sum(slope, 0, out=self._bias_gradients[0])
        return self.gradient

    def _views(self, flat: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Weights, the first `[inputs, width]`, the others `[out, in]`, and biases, as views of `flat`."""
        weights, biases, at = [], [], 0
        for i, (fan_in, fan_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            shape = (fan_in, fan_out) if i == 0 else (fan_out, fan_in)
            weights.append(flat[at : at + fan_in * fan_out].view(shape))
            at += fan_in * fan_out
            biases.append(flat[at : at + fan_out])
            at += fan_out
        return weights, biases


class Adam:
    """Adam on one flat vector, fused (Kingma & Ba 2015)."""

    def __init__(self, flat: Tensor, learning_rate: float) -> None:
        self._flat = flat
        self._learning_rate = learning_rate
        self._first_moment = torch.zeros_like(flat)
        self._second_moment = torch.zeros_like(flat)
        self._step = torch.zeros((), device=flat.device)

    def descend(self, gradient: Tensor, too_large: Tensor | None = None) -> None:
        """One step against `gradient`, which is divided by `too_large` `[]` first, in place."""
        self._step += 1
        torch._fused_adam_(
            [self._flat],
            [gradient],
            [self._first_moment],
            [self._second_moment],
            [],
            [self._step],
            lr=self._learning_rate,
            beta1=ADAM_BETA1,
            beta2=ADAM_BETA2,
            weight_decay=0.0,
            eps=ADAM_EPS,
            amsgrad=False,
            maximize=False,
            grad_scale=too_large,
        )

    def state_dict(self) -> dict[str, Tensor]:
        """Both moments and the step count."""
        return {
            "first_moment": self._first_moment,
            "second_moment": self._second_moment,
            "step": self._step,
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._first_moment.copy_(state["first_moment"])
        self._second_moment.copy_(state["second_moment"])
        self._step.copy_(state["step"])
