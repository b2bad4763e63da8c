"""Observations as one flat vector each, for algorithms that know nothing of the town."""

from torch import Tensor, cat, from_numpy

from core.observation import ObservationSizes
from producer.environment.town import Observation

__all__ = ["flatten_observation"]


def flatten_observation(observation: Observation, sizes: ObservationSizes) -> Tensor:
    """Observations `[num_agents, sizes.total]` float32, their parts in a row (`core.observation`)."""
    meters = observation.meters
    flat = meters.new_zeros((len(meters), sizes.total))
    flat[:, sizes.meters_at : sizes.affordance_at] = meters
    near_starts = from_numpy(sizes.near_starts()).to(meters.device)
    here = (observation.cell.unsqueeze(1), (observation.affordance_here + sizes.affordance_at).unsqueeze(1))
    return flat.scatter_(1, cat((*here, observation.near + near_starts), 1), 1.0)
