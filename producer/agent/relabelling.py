"""Relabelling: sampled transitions are made true of the town as the agents last saw it.

What a bed does to a tired agent stays true when the bed moves; only the place of the bed changes. A step
north costs the same on every cell. So a stored transition can be rewritten for the present town:

- a cell shows the affordance that was last seen there;
- an INTERACT at an affordance that has moved happens at the affordance's new cell;
- a move can start at another cell (an *augmented* move), where the agents have seen what the move leads to.

The method is counterfactual data augmentation (Pitis et al. 2020, section 3: exchange what is causally
independent between transitions), applied when a sample is drawn, as hindsight relabelling is (Andrychowicz
et al. 2017). Relabelling uses only what the agents have observed. Nothing tells it that, or where, an
affordance was moved.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from producer.environment.rules import ACTIONS, INTERACT, near_affordances
from producer.environment.town import Observation

__all__ = ["Relabelling", "Windows"]


class Windows(NamedTuple):
    """B windows, each of n + 1 consecutive vector steps of one agent; the last step is only observed."""

    cell: Tensor
    """[n + 1, B] int64: the cell before each step."""
    meters: Tensor
    """[(n + 1) · B, num_meters] float32, step by step."""
    affordance_here: Tensor
    """[n + 1, B] int64: the affordance at that cell, num_affordances for none."""
    near: Tensor
    """[n + 1, B, near] int64: what stands near that cell."""
    action: Tensor
    """[n + 1, B] int64."""
    reward: Tensor
    """[n, B] float32, extrinsic."""
    terminated: Tensor
    """[n, B] float32: 1 where the agent died."""
    valid: Tensor
    """[n, B] float32: 0 for a step that was truncated, or that could not happen in the present town."""
    isolated: Tensor
    """[B] float32: 1 where the first step was moved to another cell, so the next step does not follow."""

    @property
    def observations(self) -> Observation:
        """What the agents observed before each step: `[(n + 1) · B, …]`, step by step."""
        near = self.near.flatten(0, 1)
        return Observation(self.cell.flatten(), self.meters, self.affordance_here.flatten(), near)


class Relabelling:
    """The newest observation of every cell and affordance, and of where every move leads."""

    def __init__(self, num_affordances: int, near: Tensor) -> None:
        """Nothing has been observed yet; `near` `[num_cells, near]` are the near cells (`Rules.near`)."""
        num_cells, device = len(near), near.device
        self._near = near
        self._nothing = num_affordances
        self._seen_at = torch.full((num_cells,), num_affordances, device=device)
        """[num_cells] int64: the affordance last seen at each cell."""
        self._place_of = torch.full((num_affordances + 1,), -1, device=device)
        """[num_affordances + 1] int64: the cell where each affordance was last seen, −1 for never."""
        self._leads_to = torch.full((num_cells * len(ACTIONS),), -1, device=device)
        """[num_cells · num_actions] int64: the cell that each action led to, −1 for never tried."""
        self._cells = torch.arange(num_cells, device=device)

    def record(self, observation: Observation, actions: Tensor, next_cell: Tensor) -> None:
        """Record what a rollout `[K, N]` observed, and the cell that each action led to.

        The town does not change within a rollout, so the order of these writes does not matter.
        """
        self._seen_at[observation.cell] = observation.affordance_here
        self._place_of[observation.affordance_here] = observation.cell
        self._leads_to[observation.cell * len(ACTIONS) + actions] = next_cell
        if self._near.shape[1]:
            self._record_near(observation)

    def _record_near(self, observation: Observation) -> None:
        """Record what was seen in the near cells; one entry more takes what nobody can enter."""
        near, seen = self._near[observation.cell], observation.near.clamp(max=self._nothing)
        seen_at = torch.cat((self._seen_at, self._seen_at[:1]))
        seen_at[near] = seen
        self._seen_at.copy_(seen_at[:-1])
        self._place_of[seen] = near.clamp(max=len(self._cells) - 1)

    def affordance_map(self) -> Tensor:
        """The affordance at each cell as far as it is known: `[num_cells]` int64, num_affordances for none.

        One affordance stands at one cell: its newest observation replaces an older one elsewhere.
        """
        return torch.where(self._place_of[self._seen_at] == self._cells, self._seen_at, self._nothing)

    def relabel(self, windows: Windows, augmented_moves: float | Tensor, uniform: Tensor) -> Windows:
        """Rewrite windows for the present town.

        A fraction `augmented_moves` of the windows that begin with a move start at a random cell instead,
        where the result of that move is known. `uniform` `[2, B]` are random numbers in [0, 1).
        """
        cell, action, first_action = windows.cell, windows.action, windows.action[0]
        affordance_at = self.affordance_map()
        unchanged = ((action != INTERACT) | (windows.affordance_here == affordance_at[cell]))[:-1]
        new_place, moved = self._new_place(windows.affordance_here[0], affordance_at)
        moved &= ~unchanged[0]

        start = (uniform[0] * len(self._cells)).long()
        end = self._leads_to[start * len(ACTIONS) + first_action]
        augmented = (uniform[1] < augmented_moves) & (first_action != INTERACT) & (end >= 0)

        cell = cell.clone()
        cell[:2] = torch.where(moved, new_place, cell[:2])
        cell[:2] = torch.where(augmented, torch.stack((start, end)), cell[:2])
        unchanged[0] |= moved
        return windows._replace(
            cell=cell,
            affordance_here=affordance_at[cell],
            near=near_affordances(affordance_at, self._near, self._nothing)[cell],
            valid=windows.valid * unchanged.float(),
            isolated=(moved | augmented).float(),
        )

    def _new_place(self, affordance: Tensor, affordance_at: Tensor) -> tuple[Tensor, Tensor]:
        """The cell `[B]` where each affordance `[B]` stands now, and whether that is known `[B]` bool."""
        place = self._place_of[affordance].clamp_(min=0)
        return place, (affordance != self._nothing) & (affordance_at[place] == affordance)

    def state_dict(self) -> dict[str, Any]:
        """All observations."""
        return {"seen_at": self._seen_at, "place_of": self._place_of, "leads_to": self._leads_to}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._seen_at.copy_(state["seen_at"])
        self._place_of.copy_(state["place_of"])
        self._leads_to.copy_(state["leads_to"])
