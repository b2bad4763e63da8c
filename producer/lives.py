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
    ago: int = 0
    """Vector steps between its end and the reading, less than the tally's `read_every`."""


class LifeTally:
    """Sums of rewards over the lives in progress, `[num_agents, 3]`: extrinsic, intrinsic, total.

    Which lives ended is read from the device once every `read_every` vector steps, the only time that the
    host waits for it. A GPU wants that seldom; on a CPU, where waiting is free, 1 tells of a life at once.
    """

    def __init__(self, num_agents: int, device: torch.device | str = "cpu", read_every: int = 1) -> None:
        self._sums = torch.zeros((num_agents, 3), dtype=torch.float64, device=device)
        self._read_every = read_every
        self._unread: list[tuple[Tensor, Tensor, TownStep]] = []
        self.episodes = 0

    @property
    def all_read(self) -> bool:
        """Whether every life that ended so far has been told of."""
        return not self._unread

    def add(self, step: TownStep, intrinsic: Tensor, weight: float) -> list[FinishedLife]:
        """Add one vector step's rewards `[num_agents]`; returns lives that ended, when it is time to read."""
        sums = self._sums + torch.stack((step.reward, intrinsic, step.reward + weight * intrinsic), 1)
        ended = step.died | step.truncated
        self._sums = torch.where(ended.unsqueeze(1), 0.0, sums)
        self._unread.append((ended, sums, step))
        if len(self._unread) < self._read_every:
            return []
        unread, self._unread = self._unread, []
        steps, agents = torch.stack([ended for ended, _, _ in unread]).nonzero(as_tuple=True)
        if len(agents) == 0:
            return []
        columns = [
            torch.stack(column)[steps, agents].double()
            for column in zip(
                *((step.age, step.born_stage, step.cause) for _, _, step in unread), strict=True
            )
        ]
        rewards = torch.stack([sums for _, sums, _ in unread])[steps, agents]
        rows = torch.cat((torch.stack((steps.double(), agents.double(), *columns), 1), rewards), 1).tolist()
        lives = []
        for at, agent, age, stage, cause, extrinsic, intrinsic_sum, total in rows:
            self.episodes += 1
            lives.append(
                FinishedLife(
                    episode=self.episodes,
                    agent=int(agent),
                    survival=int(age),
                    extrinsic=extrinsic,
                    intrinsic=intrinsic_sum,
                    total=total,
                    born_stage=int(stage),
                    cause=int(cause),
                    ago=len(unread) - 1 - int(at),
                )
            )
        return lives

    def state_dict(self) -> dict[str, Any]:
        """The sums in progress and the number of lives finished; only when `all_read`."""
        assert self.all_read
        return {"sums": self._sums, "episodes": self.episodes}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._sums = state["sums"].to(self._sums.device)
        self.episodes = state["episodes"]
