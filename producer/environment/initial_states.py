"""Initial states of episodes: where an agent starts, and with which meters.

A pool of initial states is drawn once from a seed. Episode k of agent i reads a row of the pool that depends
on i and k only, so that agents do not influence each other and a step needs no random numbers.
"""

import torch
from torch import Tensor

from core.world import World

POOL_SIZE = 1 << 16
"""Initial states that a training run draws; a power of two."""

AGENT_STRIDE = 40_503
EPISODE_STRIDE = 25_717
"""Odd numbers: the episodes of an agent visit every row of the pool, and agents start far apart in it."""


class InitialStates:
    """A pool of `size` initial states, drawn uniformly; an episode starts in any open cell."""

    def __init__(self, world: World, num_agents: int, size: int, device: torch.device) -> None:
        """`size` is a power of two. The pool is empty (all 0) until `draw` is called."""
        self._world = world
        self._last_row = size - 1
        self._agent_offset = torch.arange(num_agents, device=device) * AGENT_STRIDE
        self.cell = torch.zeros(size, dtype=torch.int64, device=device)
        self.meters = torch.zeros((size, len(world.meters)), device=device)
        self.seed = 0

    def draw(self, seed: int) -> None:
        """Draw the pool again, into the same memory."""
        generator = torch.Generator().manual_seed(seed)
        low, high = torch.tensor([meter.start_range for meter in self._world.meters]).unbind(1)
        uniform = torch.rand(self.meters.shape, generator=generator)
        self.seed = seed
        self.meters.copy_(low + uniform * (high - low))
        drawn = torch.randint(len(self._world.open_cells), self.cell.shape, generator=generator)
        self.cell.copy_(torch.tensor(self._world.open_cells)[drawn])

    def rows(self, episode_number: Tensor) -> Tensor:
        """The row of the pool, `[num_agents]`, with which each agent's episode of this number starts."""
        row = torch.add(self._agent_offset, episode_number, alpha=EPISODE_STRIDE)
        return row.bitwise_and_(self._last_row)
