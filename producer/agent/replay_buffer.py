"""The replay buffer: stored transitions, and n-step returns drawn from them.

A slot of the ring holds one vector step of all agents: for each of them 6 numbers, the meters, and what stood
in the near cells. The networks' inputs are computed when a transition is sampled, and so is its intrinsic
reward (a stored one would be out of date: the reward falls as the predictor learns). A sample is made in
three steps: `_draw_windows` reads consecutive steps, `Relabelling.relabel` rewrites them for the present
town, `_n_step_returns` sums their rewards. Sources: experience
replay (Lin 1992); n-step returns (Sutton & Barto 2018, chapter 7).
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from producer.agent.relabelling import Relabelling, Windows
from producer.agent.rollout import Rollout
from producer.environment.town import Observation

__all__ = ["Batch", "ReplayBuffer"]

CELL, AFFORDANCE_HERE, ACTION, REWARD, TERMINATED, TRUNCATED = range(6)
"""Columns of a stored transition; the meters follow, then what stood in the near cells."""
NUM_COLUMNS = 6


class Batch(NamedTuple):
    """B sampled n-step transitions, each with a return over m ≤ n steps."""

    now_and_bootstrap: Observation
    """s_t, then s_{t+m}: `[2 · B, …]`."""
    action: Tensor
    """[B] int64: a_t."""
    extrinsic: Tensor
    """[B] float32: Σ γ^k r_{t+k} over the m steps."""
    next_observations: Observation
    """s_{t+1} … s_{t+n}: `[n · B, …]`, step by step."""
    intrinsic_discounts: Tensor
    """[n, B] float32: γ^k for a next observation that is part of the return and alive, else 0."""
    discount: Tensor
    """[B] float32: γ^m, the factor of the bootstrap value; 0 after a death."""
    valid: Tensor
    """[B] float32: 0 for a transition that must not be learnt from (m = 0)."""

    def intrinsic_return(self, intrinsic: Tensor) -> Tensor:
        """Σ γ^k of the intrinsic rewards `[n · B]` of `next_observations`, over each return: `[B]`."""
        return (self.intrinsic_discounts * intrinsic.view_as(self.intrinsic_discounts)).sum(0)


class ReplayBuffer:
    """A ring of vector steps of `num_agents` agents.

    The device counts for itself which rows hold transitions (`insert`, `sample`); the host keeps its own
    count (`advance`, `len`). So neither waits for the other.
    """

    def __init__(
        self,
        capacity: int,
        num_agents: int,
        num_affordances: int,
        num_meters: int,
        near: Tensor,
        rollout_steps: int = 1,
        relabel: bool = True,
    ) -> None:
        """At most `capacity` transitions are held, in whole rollouts of `rollout_steps` vector steps.

        `near` `[num_cells, near]` are the near cells of each cell (`producer.environment.rules.Rules.near`).
        """
        self.num_agents = num_agents
        self.slots = capacity // (num_agents * rollout_steps) * rollout_steps
        self.device = near.device
        self._relabel = relabel
        self._near_from = NUM_COLUMNS + num_meters
        columns = self._near_from + near.shape[1]
        self._memory = torch.zeros((self.slots * num_agents, columns), device=self.device)
        self.relabelling = Relabelling(num_affordances, near)
        self._rows = torch.arange(rollout_steps * num_agents, device=self.device)
        # On the device: the next row to write, and how many rows hold transitions.
        self._cursor = torch.zeros((), dtype=torch.int64, device=self.device)
        self._held = torch.zeros((), dtype=torch.int64, device=self.device)
        self._filled = 0

    def __len__(self) -> int:
        """The number of transitions held."""
        return self._filled * self.num_agents

    @property
    def fill(self) -> float:
        """The part of the ring that is in use, from 0 to 1."""
        return self._filled / self.slots

    def append(self, rollout: Rollout) -> None:
        """Store a rollout `[K, N]`; a full ring overwrites its oldest rollout."""
        self.insert(rollout)
        self.advance(rollout.num_steps)

    def insert(self, rollout: Rollout) -> None:
        """The device's part of `append`."""
        observation, action, step = rollout
        rows = torch.empty((len(self._rows), self._memory.shape[1]), device=self.device)
        columns = (
            observation.cell,
            observation.affordance_here,
            action,
            step.reward,
            step.terminated,
            step.truncated,
        )
        for index, column in enumerate(columns):
            rows[:, index] = column.flatten()
        rows[:, NUM_COLUMNS : self._near_from] = observation.meters.flatten(0, 1)
        rows[:, self._near_from :] = observation.near.flatten(0, 1)
        self._memory.index_copy_(0, self._rows + self._cursor, rows)
        self._cursor.add_(len(rows)).remainder_(len(self._memory))
        self._held.add_(len(rows)).clamp_(max=len(self._memory))
        self.relabelling.record(observation, action, step.cell)

    def advance(self, steps: int) -> None:
        """The host's part of `append`: count `steps` more vector steps."""
        self._filled = min(self._filled + steps, self.slots)

    def clear(self) -> None:
        """Remove all transitions; what relabelling has observed stays."""
        self._cursor.zero_()
        self._held.zero_()
        self._filled = 0

    def sample(
        self,
        batch_size: int,
        n_step: int,
        gamma: float,
        generator: torch.Generator,
        augmented_moves: float | Tensor = 0.0,
    ) -> Batch:
        """Draw `batch_size` transitions uniformly among those whose n next steps are stored.

        A fraction `augmented_moves` of those that begin with a move is relabelled to start at another cell.
        """
        # In float64: a product of a float32 in [0, 1) and a big number may round up to the number itself.
        uniform = torch.rand((3, batch_size), dtype=torch.float64, generator=generator, device=self.device)
        windows = self._draw_windows(uniform[0], n_step)
        if self._relabel:
            windows = self.relabelling.relabel(windows, augmented_moves, uniform[1:])
        return _n_step_returns(windows, gamma)

    def _draw_windows(self, uniform: Tensor, n_step: int) -> Windows:
        """Read the windows whose first steps are chosen by `uniform` `[B]`: 0 is the oldest, 1 the newest."""
        shape = (n_step + 1, len(uniform))
        first = (uniform * (self._held - n_step * self.num_agents)).long()
        offsets = torch.arange(n_step + 1, device=self.device).unsqueeze(1) * self.num_agents
        rows = (first + (self._cursor - self._held) + offsets).remainder_(len(self._memory))
        stored = self._memory.index_select(0, rows.flatten())
        labels = stored[:, :REWARD].long()
        outcome = stored[:, REWARD:NUM_COLUMNS].view(*shape, 3)
        reward, terminated, truncated = outcome[:n_step].unbind(2)
        return Windows(
            cell=labels[:, CELL].view(shape),
            meters=stored[:, NUM_COLUMNS : self._near_from],
            affordance_here=labels[:, AFFORDANCE_HERE].view(shape),
            near=stored[:, self._near_from :].long().view(*shape, stored.shape[1] - self._near_from),
            action=labels[:, ACTION].view(shape),
            reward=reward,
            terminated=terminated,
            valid=1.0 - truncated,
            isolated=torch.zeros_like(reward[0]),
        )

    def state_dict(self) -> dict[str, Any]:
        """The transitions held, the cursor, and what relabelling has observed."""
        return {
            "memory": self._memory[: len(self)],
            "cursor": self._cursor,
            "filled": self._filled,
            "relabelling": self.relabelling.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._filled = state["filled"]
        self._memory[: len(self)] = state["memory"].to(self.device)
        self._cursor.copy_(state["cursor"])
        self._held.fill_(len(self))
        self.relabelling.load_state_dict(state["relabelling"])


def _n_step_returns(windows: Windows, gamma: float) -> Batch:
    """Sum each window's rewards over the m ≤ n steps that belong to one return.

    A return ends with the episode, before a step that is not valid, and after an isolated step.
    """
    n_step, size = windows.reward.shape
    continues = windows.valid * (1.0 - windows.terminated)
    continues[0] *= 1.0 - windows.isolated
    reached = torch.cat((torch.ones_like(continues[:1]), continues[:-1].cumprod(0)))
    counted = reached * windows.valid
    m = counted.sum(0).long()
    powers = gamma ** torch.arange(n_step + 1, dtype=torch.float32, device=m.device)
    discounts = counted * powers[:n_step].unsqueeze(1)
    now = torch.arange(size, device=m.device)
    now_and_bootstrap = torch.cat((now, m * size + now))
    observations = windows.observations
    return Batch(
        now_and_bootstrap=_select(observations, now_and_bootstrap),
        action=windows.action[0],
        extrinsic=(windows.reward * discounts).sum(0),
        next_observations=Observation(*(column[size:] for column in observations)),
        intrinsic_discounts=discounts * (1.0 - windows.terminated),
        discount=powers.index_select(0, m) * (1.0 - (counted * windows.terminated).sum(0)),
        valid=(m > 0).float(),
    )


def _select(observations: Observation, rows: Tensor) -> Observation:
    """The observations at `rows` `[B]` int64."""
    return Observation(*(column.index_select(0, rows) for column in observations))
