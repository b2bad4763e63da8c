"""Finished lives: what the curriculum and exploration decide by, and running sums that make them."""

from typing import Any

import msgspec
import torch
from torch import Tensor

from producer.town import TownStep


class FinishedLife(msgspec.Struct, frozen=True):
    """One life that ended; `episode` counts them from 1 in order of completion (of agents, within a step)."""

    episode: int
    agent: int
    survival: int
    """Steps."""
    extrinsic: float
    """Σ extrinsic reward."""
    intrinsic: float
    """Σ normalised intrinsic reward, unweighted."""
    total: float
    """Σ (extrinsic + weight · intrinsic), with each step's weight."""
    born_stage: int
    """Stage, from 1, in which it began."""
    cause: int
    """Index of the meter it died of, −1 if it lived to the limit."""


class LifeTally:
    """Sums of rewards over the lives in progress, `[num_agents, 3]`: extrinsic, intrinsic, total."""

    def __init__(self, num_agents: int, device: torch.device | str = "cpu") -> None:
        self._sums = torch.zeros((num_agents, 3), dtype=torch.float64, device=device)
        self.episodes = 0

    def add(self, step: TownStep, intrinsic: Tensor, weight: float) -> list[FinishedLife]:
        """Add one vector step's rewards `[num_agents]`; returns the lives that ended with it."""
        self._sums += torch.stack((step.reward, intrinsic, step.reward + weight * intrinsic), 1)
        ended = step.died | step.truncated
        agents = ended.nonzero().squeeze(1)
        if len(agents) == 0:
            return []
        columns = (agents, step.age[agents], step.born_stage[agents], step.cause[agents])
        rows = torch.stack(columns, 1).tolist()
        lives = []
        for (agent, age, stage, cause), sums in zip(rows, self._sums[agents].tolist(), strict=True):
            self.episodes += 1
            extrinsic, intrinsic_sum, total = sums
            lives.append(
                FinishedLife(self.episodes, agent, age, extrinsic, intrinsic_sum, total, stage, cause)
            )
        self._sums[agents] = 0.0
        return lives

    def state_dict(self) -> dict[str, Any]:
        """The sums in progress and the number of lives finished."""
        return {"sums": self._sums.clone(), "episodes": self.episodes}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._sums.copy_(state["sums"])
        self.episodes = state["episodes"]
