"""A fully connected ReLU network on compact observations: parameters in one flat vector, backward by hand.

The network's input is `producer.environment.observation.flatten_observation`: one-hot cell, meters, one-hot
affordance at that cell, and one-hot what stands in each near cell, if the agents see such cells. A one-hot
vector times a weight matrix is one row of that matrix. So the first layer looks up rows and adds them, the
bias among them, instead of multiplying: the result is the same and costs less, and the input is never
written out.

The backward pass does not use autograd: for two hidden layers it is a few lines, and the tests compare it
with autograd. One flat parameter vector makes Adam, the average of the target network and the gradient norm
one kernel each.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from core.observation import ObservationSizes
from producer.environment.town import Observation

ADAM_BETA1, ADAM_BETA2, ADAM_EPS = 0.9, 0.999, 1e-8


class Inputs(NamedTuple):
    """Observations `[B]` as the first layer reads them; all networks of one town can share one `look_up`."""

    rows: Tensor
    """[n · B] int64: the rows of the first layer that are added, n for each observation: of its cell, its
    affordance, the bias and its near cells."""
    starts: Tensor
    """[B] int64: where the rows of each observation begin, so 0, n, 2 n and so on."""
    observation: Observation

    def part(self, at: int, size: int) -> "Inputs":
        """The inputs of observations `at` to `at + size`."""
        observation = Observation(*(column[at : at + size] for column in self.observation))
        n = len(self.rows) // len(self.starts)
        return Inputs(self.rows[n * at : n * (at + size)], self.starts[:size], observation)


class Network:
    """Linear layers of the given widths, with ReLU between them."""

    def __init__(
        self,
        observation: ObservationSizes,
        sizes: list[int],
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        """`sizes` are the widths of the hidden layers and of the output.

        Weights and biases are uniform in ±1/√fan_in, as torch's `Linear` draws them, and drawn on the CPU, so
        that every device begins with the same weights.
        """
        self._meters_at, self._affordances_at = observation.meters_at, observation.affordance_at
        self._near_starts = torch.from_numpy(observation.near_starts()).to(device)
        self._bias_at = observation.total
        self.sizes = [self._bias_at, *sizes]
        pieces = []
        for fan_in, fan_out in zip(self.sizes, sizes, strict=False):
            bound = 1.0 / math.sqrt(fan_in)
            draw = torch.rand(((fan_in + 1) * fan_out,), generator=generator)
            pieces.append((draw * 2.0 - 1.0) * bound)
        self.flat = torch.cat(pieces).to(device)
        self.gradient = torch.zeros_like(self.flat)
        self.weights, self.biases = self._views(self.flat)
        # The first layer's weights with its bias as their last row: both lie side by side in the flat vector.
        self._table = self.flat[: (self._bias_at + 1) * sizes[0]].view(-1, sizes[0])
        # [num_cells · (num_affordances + 1), 3]: the rows to add for every pair of cell and affordance.
        cells, affordances = torch.arange(observation.cells), torch.arange(observation.affordances + 1)
        pairs = torch.cartesian_prod(cells, affordances + self._affordances_at, torch.tensor([self._bias_at]))
        self._rows_of_pair = pairs.to(device)
        self._pairs_per_cell = len(affordances)
        self._weight_gradients, self._bias_gradients = self._views(self.gradient)

    def look_up(self, observation: Observation) -> Inputs:
        """The rows of the first layer that observations `[B]` select."""
        pair = torch.add(observation.affordance_here, observation.cell, alpha=self._pairs_per_cell)
        rows = self._rows_of_pair.index_select(0, pair)
        if len(self._near_starts):
            rows = torch.cat((rows, observation.near + self._near_starts), 1)
        starts = torch.arange(0, rows.numel(), rows.shape[1], device=rows.device)
        return Inputs(rows.flatten(), starts, observation)

    def forward(self, inputs: Inputs) -> Tensor:
        """Outputs `[B, sizes[-1]]`."""
        return self.forward_and_keep(inputs)[0]

    def forward_and_keep(self, inputs: Inputs) -> tuple[Tensor, list[Tensor]]:
        """Outputs `[B, sizes[-1]]`, and the hidden layers' activations `[B, width]` for the backward pass."""
        hidden = torch.embedding_bag(self._table, inputs.rows, inputs.starts)[0]
        meter_rows = self._table[self._meters_at : self._affordances_at]
        layers = [hidden.addmm_(inputs.observation.meters, meter_rows).relu_()]
        for weight, bias in zip(self.weights[1:-1], self.biases[1:-1], strict=True):
            layers.append(linear(layers[-1], weight, bias).relu_())
        return linear(layers[-1], self.weights[-1], self.biases[-1]), layers

    def backward(self, grad_output: Tensor, inputs: Inputs, layers: list[Tensor]) -> Tensor:
        """The gradient of the loss by all parameters, flat; the next call overwrites it.

        `grad_output` `[B, sizes[-1]]` is ∂loss/∂outputs; `layers` are those of `forward_and_keep`.
        """
        observation, grad = inputs.observation, grad_output
        for i in range(len(layers), 0, -1):
            layer = layers[i - 1]
            torch.mm(grad.t(), layer, out=self._weight_gradients[i])
            torch.sum(grad, 0, out=self._bias_gradients[i])
            grad = torch.ops.aten.threshold_backward(torch.mm(grad, self.weights[i]), layer, 0.0)
        table = self._weight_gradients[0].zero_()
        table.index_add_(0, observation.cell, grad)
        table[self._affordances_at :].index_add_(0, observation.affordance_here, grad)
        if len(self._near_starts):
            near = (observation.near + self._near_starts).flatten()
            table.index_add_(0, near, grad.repeat_interleave(len(self._near_starts), 0))
        meter_rows = table[self._meters_at : self._affordances_at]
        torch.mm(observation.meters.t(), grad, out=meter_rows)
        torch.sum(grad, 0, out=self._bias_gradients[0])
        return self.gradient

    def _views(self, flat: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Weights (the first `[inputs, width]`, the others `[out, in]`) and biases, as views of `flat`."""
        weights, biases, at = [], [], 0
        for i, (fan_in, fan_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            shape = (fan_in, fan_out) if i == 0 else (fan_out, fan_in)
            weights.append(flat[at : at + fan_in * fan_out].view(shape))
            at += fan_in * fan_out
            biases.append(flat[at : at + fan_out])
            at += fan_out
        return weights, biases


class Adam:
    """Adam on one flat parameter vector (Kingma & Ba 2015), in torch's fused kernel."""

    def __init__(self, flat: Tensor, learning_rate: float) -> None:
        self._flat = flat
        self._learning_rate = learning_rate
        self._first_moment = torch.zeros_like(flat)
        self._second_moment = torch.zeros_like(flat)
        self._step = torch.zeros((), device=flat.device)

    def step(self, gradient: Tensor, clip_factor: Tensor | None = None) -> None:
        """One step along −`gradient`; `gradient` is divided by `clip_factor` `[]` first, in place.

        `clip_factor` = max(1, norm / greatest norm) clips the gradient's norm (Pascanu et al. 2013).
        """
        self._step += 1
        # The kernel divides the gradient by `grad_scale`, which is meant to undo the loss scale of mixed
        # precision. Dividing by the clip factor there is gradient clipping without a kernel of its own.
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
            grad_scale=clip_factor,
        )

    def state_dict(self) -> dict[str, Tensor]:
        """Both moments and the number of steps."""
        return {
            "first_moment": self._first_moment,
            "second_moment": self._second_moment,
            "step": self._step,
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._first_moment.copy_(state["first_moment"])
        self._second_moment.copy_(state["second_moment"])
        self._step.copy_(state["step"])
