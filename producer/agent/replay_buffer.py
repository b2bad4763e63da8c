"""The replay buffer: compact transitions, and n-step returns over memories kept true to the present town.

A slot of the ring holds one vector step of all agents, 12 numbers per agent; networks' inputs are made when
sampled, and so is the intrinsic reward (nothing of it is stored: it shrinks as the predictor learns). How a
memory is made true of a town that has changed is `producer.agent.relabelling`. Source: experience replay
(Lin 1992).
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from producer.agent.relabelling import Sightings
from producer.agent.rollout import Rollout
from producer.environment.town import Observation

CELL, UNDERFOOT, ACTION, REWARD, DIED, TRUNCATED = range(6)
"""Columns of a memory; the meters follow."""
NUM_COLUMNS = 6


class Batch(NamedTuple):
    """Sampled n-step transitions, B of them."""

    now_and_bootstrap: Observation
    """s_t, then s_{t+m} with m ≤ n: `[2 · B, …]`."""
    action: Tensor
    """[B] int64."""
    extrinsic: Tensor
    """[B] float32, Σ γ^k r_k over the return's m steps."""
    arrivals: Observation
    """s_{t+1} … s_{t+n}: `[n · B, …]`, step by step."""
    arrival_weights: Tensor
    """[n, B] float32: γ^k where the arrival is part of the return and alive, else 0."""
    discount: Tensor
    """[B] float32: γ^m of the bootstrap, 0 after a death."""
    valid: Tensor
    """[B] float32: 0 where the memory cannot be used (its first step is truncated or no longer true)."""

    def discounted(self, intrinsic: Tensor) -> Tensor:
        """Σ γ^k of the arrivals' intrinsic rewards `[n · B]` over each return: `[B]`."""
        return (self.arrival_weights * intrinsic.view_as(self.arrival_weights)).sum(0)


class Replay:
    """A ring of vector steps for `num_agents` agents.

    Where the next rollout goes and what may be drawn is known on the device (`insert`, `sample`) and, for
    those who only want to know how full it is, to the host (`tick`): neither waits for the other.
    """

    def __init__(
        self,
        capacity: int,
        num_agents: int,
        num_cells: int,
        num_affordances: int,
        num_meters: int,
        rollout_steps: int = 1,
        relocate: bool = True,
        device: torch.device | str = "cpu",
    ) -> None:
        """It holds at most `capacity` transitions, and whole rollouts of `rollout_steps` vector steps."""
        self.num_agents = num_agents
        self.slots = capacity // (num_agents * rollout_steps) * rollout_steps
        self.device = torch.device(device)
        self._relocate = relocate
        self._memory = torch.zeros((self.slots * num_agents, NUM_COLUMNS + num_meters), device=self.device)
        self.sightings = Sightings(num_cells, num_affordances, self.device)
        self._rows = torch.arange(rollout_steps * num_agents, device=self.device)
        # On the device: the next row to write, and how many rows hold something.
        self._cursor = torch.zeros((), dtype=torch.int64, device=self.device)
        self._held = torch.zeros((), dtype=torch.int64, device=self.device)
        self._filled = 0

    def __len__(self) -> int:
        """Transitions held."""
        return self._filled * self.num_agents

    @property
    def fill(self) -> float:
        """From 0 to 1."""
        return self._filled / self.slots

    def append(self, rollout: Rollout) -> None:
        """Remember a rollout; the oldest one is forgotten when the ring is full."""
        self.insert(rollout)
        self.tick(rollout.num_steps)

    def insert(self, rollout: Rollout) -> None:
        """The device's part of `append`."""
        observation, action, step = rollout
        rows = torch.empty((len(self._rows), self._memory.shape[1]), device=self.device)
        labels = (
            observation.cell,
            observation.affordance_here,
            action,
            step.reward,
            step.terminated,
            step.truncated,
        )
        for column, label in enumerate(labels):
            rows[:, column] = label.flatten()
        rows[:, NUM_COLUMNS:] = observation.meters.flatten(0, 1)
        self._memory.index_copy_(0, self._rows + self._cursor, rows)
        self._cursor.add_(len(rows)).remainder_(len(self._memory))
        self._held.add_(len(rows)).clamp_(max=len(self._memory))
        self.sightings.note(observation, action, step.cell)

    def tick(self, steps: int) -> None:
        """The host's part of `append`: so many vector steps more."""
        self._filled = min(self._filled + steps, self.slots)

    def clear(self) -> None:
        """Forget everything but the sightings."""
        self._cursor.zero_()
        self._held.zero_()
        self._filled = 0

    def sample(
        self,
        batch_size: int,
        n_step: int,
        gamma: float,
        generator: torch.Generator,
        imagined: float | Tensor = 0.0,
    ) -> Batch:
        """Draw `batch_size` starts uniformly among those whose n steps are complete.

        A part `imagined` of those that begin with a move is imagined from another cell.
        """
        # In float64: a product of a float32 in [0, 1) and a big number may round up to the number itself.
        draw = torch.rand((3, batch_size), dtype=torch.float64, generator=generator, device=self.device)
        drawn = (draw[0] * (self._held - n_step * self.num_agents)).long()
        ahead = torch.arange(n_step + 1, device=self.device).unsqueeze(1) * self.num_agents
        rows = (drawn + (self._cursor - self._held) + ahead).remainder_(len(self._memory))
        memory = self._memory.index_select(0, rows.flatten())
        labels = memory[:, :3].long()
        cell = labels[:, CELL].view(n_step + 1, batch_size)
        underfoot = labels[:, UNDERFOOT].view(n_step + 1, batch_size)
        action = labels[:, ACTION].view(n_step + 1, batch_size)
        outcome = memory[:, REWARD:NUM_COLUMNS].view(n_step + 1, batch_size, 3)
        meters = memory[:, NUM_COLUMNS:]
        reward, died, truncated = outcome[:n_step].unbind(2)

        happens = 1.0 - truncated
        alone = torch.zeros_like(happens[0])
        if self._relocate:
            cell, underfoot, still_happens, alone = self.sightings.relabel(
                cell, underfoot, action, imagined, draw[1:]
            )
            happens = happens * still_happens
        # A return ends with the life, before a step that is left out, and after a step that was relocated.
        goes_on = happens * (1.0 - died)
        goes_on[0] *= 1.0 - alone
        before = torch.cat((torch.ones_like(goes_on[:1]), goes_on[:-1].cumprod(0)))
        reached = before * happens
        steps = reached.sum(0).long()
        powers = gamma ** torch.arange(n_step + 1, dtype=torch.float32, device=self.device)
        discounts = reached * powers[:n_step].unsqueeze(1)
        dies = reached * died
        end = steps * batch_size + torch.arange(batch_size, device=self.device)
        now_and_end = torch.cat((torch.arange(batch_size, device=self.device), end))
        everything = Observation(cell.flatten(), meters, underfoot.flatten())
        return Batch(
            now_and_bootstrap=Observation(*(column.index_select(0, now_and_end) for column in everything)),
            action=action[0],
            extrinsic=(reward * discounts).sum(0),
            arrivals=Observation(*(column[batch_size:] for column in everything)),
            arrival_weights=discounts * (1.0 - died),
            discount=powers.index_select(0, steps) * (1.0 - dies.sum(0)),
            valid=(steps > 0).float(),
        )

    def state_dict(self) -> dict[str, Any]:
        """The ring, its cursor and the sightings."""
        return {
            "memory": self._memory[: len(self)],
            "cursor": self._cursor,
            "filled": self._filled,
            "sightings": self.sightings.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._filled = state["filled"]
        self._memory[: len(self)] = state["memory"].to(self.device)
        self._cursor.copy_(state["cursor"])
        self._held.fill_(len(self))
        self.sightings.load_state_dict(state["sightings"])
