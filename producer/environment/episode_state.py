"""The state of the episodes in progress, and its form in a checkpoint."""

from typing import NamedTuple

from torch import Tensor


class EpisodeState(NamedTuple):
    """The episode in progress of every agent."""

    cell: Tensor
    """[num_agents] int64, row-major index"""
    meters: Tensor
    """[num_agents, num_meters] float32 in [0, 1]"""
    affordance_here: Tensor
    """[num_agents] int64, index of the affordance at `cell`; num_affordances where there is none"""
    episode_length: Tensor
    """[num_agents] int64, steps so far"""
    episode_number: Tensor
    """[num_agents] int64, counts the episodes of each agent from 1"""
    born_stage: Tensor
    """[num_agents] int64, stage (from 1) in which the episode started"""

    def state_dict(self) -> dict[str, Tensor]:
        """For a checkpoint; the keys are a file format, and `affordance_here` follows from the placements."""
        return {
            "cell": self.cell,
            "meters": self.meters,
            "age": self.episode_length,
            "number": self.episode_number,
            "born_stage": self.born_stage,
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Copy the values of a checkpoint into these tensors, all but `affordance_here`."""
        self.cell.copy_(state["cell"])
        self.meters.copy_(state["meters"])
        self.episode_length.copy_(state["age"])
        self.episode_number.copy_(state["number"])
        self.born_stage.copy_(state["born_stage"])
