"""The source of the intrinsic reward, as `exploration.novelty` of the configuration chooses it."""

from typing import Any, Protocol

from torch import Tensor

from core.config_schema import RunConfig
from producer.agent.rnd import RandomNetworkDistillation
from producer.agent.visit_counts import VisitCounts
from producer.environment.town import Observation, Town, TownStep

__all__ = ["Novelty", "novelty_of"]


class Novelty(Protocol):
    """Measures how novel states are, and rewards the agents for it."""

    def measure(self, observation: Observation) -> Tensor:
        """How novel each of the observations `[B]` is, unitless."""

    def reward(self, observation: Observation) -> Tensor:
        """Normalised intrinsic reward `[B]`, not yet multiplied by the intrinsic weight."""

    def observe(self, step: TownStep) -> Tensor:
        """The intrinsic rewards `[K, N]` of a rollout's next observations; learns from them."""

    def checksum(self) -> Tensor:
        """The sum of everything learnt `[]`: NaN or Inf if any of it is."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides the rewards to come."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""


def novelty_of(config: RunConfig, town: Town, seed: int) -> Novelty | None:
    """What `exploration.novelty` names; None for a run without an intrinsic reward."""
    settings, gamma, scale = config.exploration, config.population.gamma, config.rewards.novelty
    match settings.novelty:
        case "rnd":
            return RandomNetworkDistillation(settings, gamma, town, seed, scale)
        case "counts":
            return VisitCounts(settings, gamma, town, scale)
        case "none":
            return None
