"""What the agents last saw where, and memories relabelled by it.

What a bed does to a tired agent stays true when the bed moves; only where it stands does not. And a step
north costs the same wherever it is taken. So a remembered transition can be made true of the present town:
a cell shows the affordance seen there last, an INTERACT at an affordance that has moved happens at its new
place, and a move may be imagined from any cell. This is counterfactual data augmentation (Pitis et al. 2020,
section 3: swap what is causally independent between transitions) in the manner of hindsight relabelling
(Andrychowicz et al. 2017). It uses only what agents have seen; nobody tells them that, or where, anything
was moved.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from producer.environment.rules import ACTIONS, INTERACT
from producer.environment.town import Observation


class Relabelled(NamedTuple):
    """Windows of n steps, made true of the present town."""

    cell: Tensor
    """[n + 1, B] int64."""
    underfoot: Tensor
    """[n + 1, B] int64."""
    happens: Tensor
    """[n, B] float32: 0 for a step that would not happen like that any more."""
    alone: Tensor
    """[B] float32: 1 where the first step was taken elsewhere, so that the walk after it does not follow."""


class Sightings:
    """The latest sighting of every cell and affordance, and where every move was seen to lead."""

    def __init__(self, num_cells: int, num_affordances: int, device: torch.device) -> None:
        self._nothing = num_affordances
        self._seen_at = torch.full((num_cells,), num_affordances, device=device)
        self._place_of = torch.full((num_affordances + 1,), -1, device=device)
        self._leads_to = torch.full((num_cells * len(ACTIONS),), -1, device=device)
        self._cells = torch.arange(num_cells, device=device)

    def note(self, observation: Observation, actions: Tensor, arrival: Tensor) -> None:
        """See a rollout: what was underfoot, and the cells `[K, N]` each action led to.

        The town keeps still during a rollout, so whoever's sighting comes last, they all say the same.
        """
        self._seen_at[observation.cell] = observation.affordance_here
        self._place_of[observation.affordance_here] = observation.cell
        self._leads_to[observation.cell * len(ACTIONS) + actions] = arrival

    def map(self) -> Tensor:
        """What stands where, as far as anybody knows: `[num_cells]`, num_affordances for nothing.

        One affordance stands at one place: its latest sighting wins over an older one elsewhere.
        """
        return torch.where(self._place_of[self._seen_at] == self._cells, self._seen_at, self._nothing)

    def relabel(
        self, cell: Tensor, underfoot: Tensor, action: Tensor, imagined: float | Tensor, draw: Tensor
    ) -> Relabelled:
        """Relabel windows `[n + 1, B]` of remembered steps.

        A part `imagined` of the windows that begin with a move begins at a random cell instead, as far as
        it is known where the move leads from there. `draw` `[2, B]` holds uniform random numbers.
        """
        shown = self.map()
        now = shown[cell]
        happens = ((action != INTERACT) | (underfoot == now))[:-1]
        first_action, first_underfoot = action[0], underfoot[0]

        place = self._place_of[first_underfoot].clamp_(min=0)
        known = (first_underfoot != self._nothing) & (shown[place] == first_underfoot)
        moved = ~happens[0] & known

        start = (draw[0] * len(self._cells)).long()
        end = self._leads_to[start * len(ACTIONS) + first_action]
        elsewhere = (draw[1] < imagined) & (first_action != INTERACT) & (end >= 0)

        cell = cell.clone()
        cell[:2] = torch.where(moved, place, cell[:2])
        cell[:2] = torch.where(elsewhere, torch.stack((start, end)), cell[:2])
        happens[0] |= moved
        return Relabelled(cell, shown[cell], happens.float(), (moved | elsewhere).float())

    def state_dict(self) -> dict[str, Any]:
        """All sightings."""
        return {"seen_at": self._seen_at, "place_of": self._place_of, "leads_to": self._leads_to}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._seen_at.copy_(state["seen_at"])
        self._place_of.copy_(state["place_of"])
        self._leads_to.copy_(state["leads_to"])
