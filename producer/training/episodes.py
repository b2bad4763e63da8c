"""Finished episodes: what the curriculum and exploration decide by, and the running sums behind them."""

from collections.abc import Sequence
from typing import Any

import msgspec
import torch
from torch import Tensor

from producer.environment.town import TownStep

__all__ = ["EpisodeTracker", "FinishedEpisode"]


class FinishedEpisode(msgspec.Struct, frozen=True, kw_only=True):
    """The part of `core.events.EpisodeFinished` that follows from the rollouts alone.

    Fields have the names, units and meanings of that event.
    """

    episode: int
    agent: int
    survival_time: int
    total_reward: float
    extrinsic_reward: float
    intrinsic_reward: float
    born_stage: int
    cause: str
    vector_step: int


class EpisodeTracker:
    """Sums the rewards of the episodes in progress, `[num_agents, 3]`: extrinsic, intrinsic, total.

    The question which episodes ended in a rollout is the only moment at which the host waits for the device.
    """

    def __init__(
        self, num_agents: int, meter_names: Sequence[str], device: torch.device | str = "cpu"
    ) -> None:
        """`meter_names` are in the order of the town's meters; `cause` is one of them or "limit"."""
        self._sums = torch.zeros((num_agents, 3), dtype=torch.float64, device=device)
        self._causes = (*meter_names, "limit")  # the index −1 means that no meter was empty
        self.count = 0
        """Finished episodes so far."""

    def add(
        self, step: TownStep, intrinsic: Tensor, intrinsic_weight: float, vector_steps: int
    ) -> list[FinishedEpisode]:
        """Add the rewards of a rollout `[K, N]`; returns the episodes that ended in it.

        Episodes are numbered from 1 in the order of their last steps, and by agent within one step.
        `vector_steps` is the number of vector steps at the end of the rollout.
        """
        total = torch.add(step.reward, intrinsic, alpha=intrinsic_weight)
        rewards = torch.stack((step.reward, intrinsic, total), 2)
        ends = step.done.nonzero(as_tuple=True)
        if len(ends[0]) == 0:
            self._sums += rewards.sum(0, dtype=torch.float64)
            return []
        sums = self._sums_after_each_step(rewards, step.done)
        columns = torch.stack(
            (*ends, *(column[ends] for column in (step.episode_length, step.born_stage, step.cause))), 1
        )
        first_step = vector_steps - len(rewards) + 1
        finished = []
        for (k, agent, survival_time, born_stage, cause), of_episode in zip(
            columns.tolist(), sums[ends].tolist(), strict=True
        ):
            self.count += 1
            extrinsic_reward, intrinsic_reward, total_reward = of_episode
            finished.append(
                FinishedEpisode(
                    episode=self.count,
                    agent=agent,
                    survival_time=survival_time,
                    total_reward=total_reward,
                    extrinsic_reward=extrinsic_reward,
                    intrinsic_reward=intrinsic_reward,
                    born_stage=born_stage,
                    cause=self._causes[cause],
                    vector_step=first_step + k,
                )
            )
        return finished

    def _sums_after_each_step(self, rewards: Tensor, ended: Tensor) -> Tensor:
        """The sums `[K, N, 3]` after each step; an episode that ended begins again at 0."""
        sums = []
        for reward, over in zip(rewards, ended, strict=True):
            sums.append(self._sums + reward)
            self._sums = torch.where(over.unsqueeze(1), 0.0, sums[-1])
        return torch.stack(sums)

    def state_dict(self) -> dict[str, Any]:
        """The sums in progress and the number of finished episodes."""
        return {"sums": self._sums, "episodes": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._sums = state["sums"].to(self._sums.device, copy=True)
        self.count = state["episodes"]
