"""One agent, stepped with NumPy: the step of `producer.environment.town.Town` for a single environment.

`Town.step` makes some forty calls of torch, which cost the same for one agent as for a hundred. `SingleAgent`
reads the tables of the town through NumPy, which is much faster for one agent. Both agree but for the last
bit of a level that a coupling changed; a test compares them step by step.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from producer.environment.rewards import NUMBERS
from producer.environment.rules import ACTIONS, INTERACT
from producer.environment.town import Town

__all__ = ["AgentStep", "SingleAgent"]

Floats = NDArray[np.float32]


class AgentStep(NamedTuple):
    """What one step did to the agent; the meanings are those of `TownStep`, and indices are −1 for none."""

    affordance_used: int
    reward: float
    terminated: bool
    truncated: bool
    cause: int


class SingleAgent:
    """The state of one agent in a town on the CPU, whose tables it shares."""

    def __init__(self, town: Town) -> None:
        """Begin in the first cell with empty meters, until `start` is called."""
        self._max_steps = town.max_steps
        self._no_effect_row = town.rules.no_effect_row
        self._num_affordances = town.num_affordances
        self._next_cell = town.rules.next_cell.numpy()
        self._limits = town.rules.limits.numpy()
        self._limit_signs = town.rules.limit_signs.numpy()
        self._affordance_used = town.rules.affordance_used.tolist()
        self._couplings = [
            (source, np.float32(below), target, rate.numpy())
            for source, below, target, rate in town.rules.couplings
        ]
        self._effects = town.current.effects.numpy()
        self._lethal_offset = town.current.lethal_offset.numpy()
        self._reward_weights = town.current.reward_weights.numpy()
        self._reward_offset = town.current.reward_offset.numpy()
        self._affordance_at = town.current.affordance_at.numpy()
        self._row_of_choice = town.current.row_of_choice.numpy()
        self._death, self._extra_reward = town.death, town.extra_reward
        sizes = town.sizes
        self._length, self._meters_at, self._here_at = sizes.total, sizes.meters_at, sizes.affordance_at
        self._near, self._near_starts = town.current.near_at.numpy(), sizes.near_starts()
        self.cell = 0
        self.meters: Floats = np.zeros(town.num_meters, np.float32)
        self.episode_length = 0

    def start(self, cell: int, meters: Floats) -> None:
        """Start an episode in `cell` with `meters` `[num_meters]` float32."""
        self.cell, self.meters, self.episode_length = cell, meters, 0

    def observation(self) -> Floats:
        """The observation, as `producer.environment.observation.flatten_observation` writes it."""
        flat = np.zeros(self._length, np.float32)
        flat[self.cell] = 1.0
        flat[self._meters_at : self._here_at] = self.meters
        flat[self._here_at + self._affordance_at.item(self.cell)] = 1.0
        if len(self._near_starts):
            flat[self._near_starts + self._near[self.cell]] = 1.0
        return flat

    def step(self, action: int) -> AgentStep:
        """Take one action, an index into `ACTIONS`; an episode that ends is not followed by another one."""
        choice = self.cell * len(ACTIONS) + action
        row = self._row_of_choice.item(choice)
        if action == INTERACT and row != self._no_effect_row:
            row = self._select_row(row)
        before = self.meters
        meters: Floats = before + self._effects[row]
        for source, below, target, rate in self._couplings:
            lack = below - meters[source]
            if lack > 0.0:
                meters[target] -= lack * rate
        meters.clip(0.0, 1.0, out=meters)
        self.cell, self.meters = self._next_cell.item(choice), meters
        self.episode_length += 1

        levels = meters + self._lethal_offset
        lowest = levels.argmin().item()
        terminated = levels.item(lowest) <= 0.0
        reward = self._reward_offset.item() + meters.dot(self._reward_weights).item()
        if terminated:
            reward -= self._death
        if self._extra_reward is not None:
            reward += self._extra_reward(before.tolist(), meters.tolist(), NUMBERS)
        return AgentStep(
            affordance_used=self._affordance_used[row],
            reward=reward,
            terminated=terminated,
            truncated=not terminated and self.episode_length >= self._max_steps,
            cause=lowest if terminated else -1,
        )

    def _select_row(self, row: int) -> int:
        """The row of the effects, as `producer.environment.rules.select_rows` chooses it."""
        margin = (self._limits[row] + self._limit_signs * self.meters).min(1)
        if min(margin.item(0), margin.item(1)) < 0.0:
            return self._no_effect_row
        return row + self._num_affordances if margin.item(2) < 0.0 else row
