"""What an operator reads: one line per ten episodes, per checkpoint and per rearranged town, as in the seed.

Survival and reward in the heartbeat line are means over the episodes since the line before it. Complaints go
to stderr.
"""

import sys
import time
from collections import deque
from statistics import fmean

from core.events import AffordancesRandomized, CheckpointSaved, EpisodeFinished, Event
from core.process.severity import WARNING, marked

__all__ = ["Console"]


class Console:
    """Prints lines with a time in front; `show` prints an event if it is worth a line."""

    def __init__(self, num_episodes: int, num_stages: int, heartbeat_every: int) -> None:
        self._num_episodes = num_episodes
        self._num_stages = num_stages
        self._heartbeat_every = heartbeat_every
        self._newest: deque[EpisodeFinished] = deque(maxlen=heartbeat_every)

    def say(self, line: str) -> None:
        """Print a line to stdout, at once."""
        print(f"[{time.strftime('%Y-%m-%d %H:%M:%S')}] {line}", flush=True)

    def warn(self, line: str) -> None:
        """Print a line to stderr."""
        print(marked(f"warning: {line}", WARNING), file=sys.stderr, flush=True)

    def show(self, event: Event) -> None:
        """Print what an operator wants to know of an event."""
        match event:
            case EpisodeFinished():
                self._newest.append(event)
                if event.episode % self._heartbeat_every == 0:
                    self._heartbeat(event)
            case CheckpointSaved():
                self.say(f"Checkpoint saved: {event.checkpoint.name}")
            case AffordancesRandomized():
                self.say(f"GENERALIZATION TEST: Randomizing affordance positions at episode {event.episode}")

    def recent_survival(self) -> float:
        """Mean survival, in steps, of the newest episodes shown; 0 before the first."""
        return fmean(life.survival_time for life in self._newest) if self._newest else 0.0

    def _heartbeat(self, event: EpisodeFinished) -> None:
        reward = fmean(life.total_reward for life in self._newest)
        self.say(
            f"Episode {event.episode}/{self._num_episodes} | Survival: {self.recent_survival():.0f} steps"
            f" | Reward: {reward:.1f} | Intrinsic Weight: {event.intrinsic_weight:.2f}"
            f" | Stage: {event.curriculum_stage}/{self._num_stages}"
        )
