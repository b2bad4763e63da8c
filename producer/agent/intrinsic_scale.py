"""The scale of intrinsic rewards: novelty divided by the running spread of its own discounted return.

The intrinsic reward is the novelty of a state, divided by the running standard deviation of the discounted
intrinsic return, clipped and scaled. Source: Burda et al. 2018, section 2.4.
"""

from typing import Any

import torch
from torch import Tensor

__all__ = ["IntrinsicScale"]

RETURN_MEMORY = 0.999
"""Per vector step: the running variance of the discounted return covers about the last thousand steps."""


class IntrinsicScale:
    """The running statistics of the intrinsic return, for `num_agents` agents."""

    def __init__(
        self, scale: float, clip: float, gamma: float, num_agents: int, device: torch.device
    ) -> None:
        """The reward of one standard deviation is `scale`; `clip` standard deviations are the most."""
        self._scale, self._clip, self._gamma = scale, clip, gamma
        self._returns = torch.zeros(num_agents, device=device)
        # Running mean and mean square of the discounted return, and its standard deviation.
        self._moments = torch.zeros(2, device=device)
        self._std = torch.ones((), device=device)
        self._count = torch.zeros((), device=device)

    def reward(self, novelty: Tensor) -> Tensor:
        """Normalised intrinsic reward, not yet multiplied by the intrinsic weight."""
        return (novelty / self._std).clamp_(max=self._clip).mul_(self._scale)

    def update(self, novelty: Tensor, ended: Tensor) -> None:
        """Continue every agent's discounted return by `[K, N]`, and the running statistics of all returns."""
        returns = torch.empty_like(novelty)
        for present, added, over in zip(returns, novelty, ended, strict=True):
            torch.add(added, self._returns, alpha=self._gamma, out=present)
            torch.mul(present, ~over, out=self._returns)
        steps = len(novelty)
        keep = (self._count / (self._count + steps)).clamp_(max=RETURN_MEMORY**steps)
        moments = torch.stack((returns.mean(), returns.square().mean()))
        self._moments.copy_(torch.lerp(moments, self._moments, keep))
        self._std.copy_((self._moments[1] - self._moments[0].square()).clamp_(min=1e-12).sqrt_())
        self._count += steps

    def state_dict(self) -> dict[str, Any]:
        """The running statistics."""
        return {
            "returns": self._returns,
            "moments": self._moments,
            "spread": self._std,
            "count": self._count,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._returns.copy_(state["returns"])
        self._moments.copy_(state["moments"])
        self._std.copy_(state["spread"])
        self._count.copy_(state["count"])
