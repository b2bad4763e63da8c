"""Finished lives: what the curriculum and exploration decide by, and running sums that make them."""

from typing import Any

import msgspec
import torch
from torch import Tensor

from producer.environment.town import TownStep


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
    ago: int = 0
    """Vector steps between its end and the end of its rollout."""


class LifeTally:
    """Sums of rewards over the lives in progress, `[num_agents, 3]`: extrinsic, intrinsic, total.

    Asking a rollout which lives ended in it is the only time that the host waits for the device.
    """

    def __init__(self, num_agents: int, device: torch.device | str = "cpu") -> None:
        self._sums = torch.zeros((num_agents, 3), dtype=torch.float64, device=device)
        self.episodes = 0

    def add(self, step: TownStep, intrinsic: Tensor, weight: float) -> list[FinishedLife]:
        """Add the rewards of a rollout `[K, N]`; returns the lives that ended in it, the earliest first."""
        total = torch.add(step.reward, intrinsic, alpha=weight)
        rewards = torch.stack((step.reward, intrinsic, total), 2)
        at, agents = step.done.nonzero(as_tuple=True)
        if len(agents) == 0:
            self._sums += rewards.sum(0, dtype=torch.float64)
            return []
        sums = []
        for reward, ended in zip(rewards, step.done, strict=True):
            sums.append(self._sums + reward)
            self._sums = torch.where(ended.unsqueeze(1), 0.0, sums[-1])
        columns = (step.episode_length, step.born_stage, step.cause)
        whole = torch.stack((at, agents, *(column[at, agents] for column in columns)), 1).tolist()
        lives = []
        for (step_at, agent, age, stage, cause), (extrinsic, bonus, all_in_all) in zip(
            whole, torch.stack(sums)[at, agents].tolist(), strict=True
        ):
            self.episodes += 1
            lives.append(
                FinishedLife(
                    episode=self.episodes,
                    agent=agent,
                    survival=age,
                    extrinsic=extrinsic,
                    intrinsic=bonus,
                    total=all_in_all,
                    born_stage=stage,
                    cause=cause,
                    ago=len(sums) - 1 - step_at,
                )
            )
        return lives

    def state_dict(self) -> dict[str, Any]:
        """The sums in progress and the number of lives finished."""
        return {"sums": self._sums, "episodes": self.episodes}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._sums = state["sums"].to(self._sums.device, copy=True)
        self.episodes = state["episodes"]
