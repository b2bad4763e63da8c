"""The console: one line per ten episodes, per checkpoint and per rearranged town, for an operator.

Survival and reward in a heartbeat line are means over the episodes since the line before it. Warnings go to
stderr.
"""

import sys
import time
from collections import deque
from statistics import fmean

from core.events import AffordancesRandomized, CheckpointSaved, EpisodeFinished, Event
from core.process.severity import WARNING, marked

__all__ = ["Console"]


class Console:
    """Prints lines that begin with the time; `show_episode` and `show` print events worth a line."""

    def __init__(self, num_episodes: int, num_stages: int, heartbeat_every: int) -> None:
        self._num_episodes = num_episodes
        self._num_stages = num_stages
        self._heartbeat_every = heartbeat_every
        self._newest: deque[EpisodeFinished] = deque(maxlen=heartbeat_every)

    def say(self, line: str) -> None:
        """Print a line to stdout, at once."""
        print(f"[{time.strftime('%Y-%m-%d %H:%M:%S')}] {line}", flush=True)

    def warn(self, line: str) -> None:
        """Print a warning to stderr."""
        print(marked(f"warning: {line}", WARNING), file=sys.stderr, flush=True)

    def show_episode(self, finished: EpisodeFinished) -> None:
        """Count a finished episode; print the heartbeat line when it is due."""
        self._newest.append(finished)
        if finished.episode % self._heartbeat_every == 0:
            self._heartbeat(finished)

    def show(self, event: Event) -> None:
        """Print a line for a checkpoint or a rearranged town; other events print nothing."""
        match event:
            case CheckpointSaved():
                self.say(f"Checkpoint saved: {event.checkpoint.name}")
            case AffordancesRandomized():
                self.say(f"GENERALIZATION TEST: Randomizing affordance positions at episode {event.episode}")

    def recent_survival(self) -> float:
        """Mean survival, in steps, of the newest episodes shown; 0 before the first one."""
        return fmean(finished.survival_time for finished in self._newest) if self._newest else 0.0

    def _heartbeat(self, finished: EpisodeFinished) -> None:
        reward = fmean(newest.total_reward for newest in self._newest)
        self.say(
            f"Episode {finished.episode}/{self._num_episodes} | Survival: {self.recent_survival():.0f} steps"
            f" | Reward: {reward:.1f} | Intrinsic Weight: {finished.intrinsic_weight:.2f}"
            f" | Stage: {finished.curriculum_stage}/{self._num_stages}"
        )
