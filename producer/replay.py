"""The replay buffer: compact transitions, and n-step returns over memories kept true to the present town.

A slot of the ring holds one vector step of all agents, 12 numbers per agent; networks' inputs are made when
sampled, and so is the intrinsic reward (nothing of it is stored: it shrinks as the predictor learns). How a
memory is made true of a town that has changed is `producer.sightings`. Source: experience replay (Lin 1992).
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from producer.sightings import Sightings
from producer.town import Observation, TownStep

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

    def minibatches(self, size: int) -> list["Batch"]:
        """The same in pieces of `size`. Sampling many at once shares the cost of small operations."""
        n = len(self.arrival_weights)
        total = len(self.action)
        return [
            Batch(
                now_and_bootstrap=_rows(self.now_and_bootstrap, 2, at, size),
                action=self.action[at : at + size],
                extrinsic=self.extrinsic[at : at + size],
                arrivals=_rows(self.arrivals, n, at, size),
                arrival_weights=self.arrival_weights[:, at : at + size],
                discount=self.discount[at : at + size],
                valid=self.valid[at : at + size],
            )
            for at in range(0, total, size)
        ]


def _rows(observation: Observation, groups: int, at: int, size: int) -> Observation:
    """Rows at … at + size of each of `groups` equal blocks."""
    return Observation(
        *(
            column.view(groups, -1, *column.shape[1:])[:, at : at + size].flatten(0, 1)
            for column in observation
        )
    )


class Replay:
    """A ring of vector steps for `num_agents` agents."""

    def __init__(
        self,
        capacity: int,
        num_agents: int,
        num_cells: int,
        num_affordances: int,
        num_meters: int,
        relocate: bool = True,
        device: torch.device | str = "cpu",
    ) -> None:
        self.num_agents = num_agents
        self.slots = capacity // num_agents
        self.device = torch.device(device)
        self._relocate = relocate
        self._memory = torch.zeros((self.slots * num_agents, NUM_COLUMNS + num_meters), device=self.device)
        self.sightings = Sightings(num_cells, num_affordances, self.device)
        self._cursor = 0
        self._filled = 0

    def __len__(self) -> int:
        """Transitions held."""
        return self._filled * self.num_agents

    @property
    def fill(self) -> float:
        """From 0 to 1."""
        return self._filled / self.slots

    def append(self, observation: Observation, actions: Tensor, step: TownStep) -> None:
        """Remember one vector step; the oldest one is forgotten when the ring is full."""
        start = self._cursor * self.num_agents
        slot = self._memory[start : start + self.num_agents]
        torch.stack(
            (
                observation.cell.float(),
                observation.underfoot.float(),
                actions.float(),
                step.reward,
                step.died.float(),
                step.truncated.float(),
            ),
            dim=1,
            out=slot[:, :NUM_COLUMNS],
        )
        slot[:, NUM_COLUMNS:] = observation.meters
        self.sightings.note(observation, actions, step.cell)
        self._cursor = (self._cursor + 1) % self.slots
        self._filled = min(self._filled + 1, self.slots)

    def clear(self) -> None:
        """Forget everything but the sightings."""
        self._cursor = 0
        self._filled = 0

    def sample(
        self,
        batch_size: int,
        n_step: int,
        gamma: float,
        generator: torch.Generator,
        imagined: float = 0.0,
    ) -> Batch:
        """Draw `batch_size` starts uniformly among those whose n steps are complete.

        A part `imagined` of those that begin with a move is imagined from another cell.
        """
        oldest = self._cursor - self._filled
        drawn = torch.randint(
            (self._filled - n_step) * self.num_agents,
            (batch_size,),
            generator=generator,
            device=self.device,
        )
        ahead = torch.arange(n_step + 1, device=self.device).unsqueeze(1) * self.num_agents
        rows = (drawn + oldest * self.num_agents + ahead).remainder_(self.slots * self.num_agents)
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
            draw = torch.rand((2, batch_size), generator=generator, device=self.device)
            cell, underfoot, still_happens, alone = self.sightings.relabel(
                cell, underfoot, action, imagined, draw
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
            "memory": self._memory[: self._filled * self.num_agents],
            "cursor": self._cursor,
            "filled": self._filled,
            "sightings": self.sightings.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._cursor, self._filled = state["cursor"], state["filled"]
        self._memory[: self._filled * self.num_agents] = state["memory"].to(self.device)
        self.sightings.load_state_dict(state["sightings"])
