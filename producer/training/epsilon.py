"""Epsilon, the probability of a random action: it decays exponentially and rises when something changes.

Source: epsilon-greedy actions (Sutton & Barto 2018, section 2.2).
"""

from typing import Any

from core.config_schema import Exploration

__all__ = ["EpsilonSchedule"]


class EpsilonSchedule:
    """Epsilon = `epsilon_end` + an excess that halves every `epsilon_half_life` vector steps."""

    def __init__(self, settings: Exploration) -> None:
        self._settings = settings
        self._excess = settings.epsilon_start - settings.epsilon_end

    @property
    def value(self) -> float:
        """Epsilon now, from 0 to 1."""
        return self._settings.epsilon_end + self._excess

    def advance(self, steps: int) -> None:
        """Decay by `steps` vector steps."""
        self._excess *= 0.5 ** (steps / self._settings.epsilon_half_life)

    def raise_to(self, least: float) -> None:
        """Raise epsilon to `least`, from where it decays again; a higher epsilon stays."""
        self._excess = max(self._excess, least - self._settings.epsilon_end)

    def state_dict(self) -> dict[str, Any]:
        """The excess over `epsilon_end`."""
        return {"excess": self._excess}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._excess = state["excess"]
