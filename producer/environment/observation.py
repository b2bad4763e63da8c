"""Observations as one flat vector each, for algorithms that know nothing of the town."""

from torch import Tensor, stack

from producer.environment.town import Observation

__all__ = ["flatten_observation"]


def flatten_observation(observation: Observation, num_cells: int, num_affordances: int) -> Tensor:
    """One-hot cell, then the meters, then one-hot affordance at the cell (last entry: none there).

    Returns float32 `[num_agents, num_cells + num_meters + num_affordances + 1]`.
    """
    meters = observation.meters
    affordances_at = num_cells + meters.shape[1]
    flat = meters.new_zeros((len(meters), affordances_at + num_affordances + 1))
    flat[:, num_cells:affordances_at] = meters
    ones = stack((observation.cell, observation.affordance_here + affordances_at), 1)
    return flat.scatter_(1, ones, 1.0)
