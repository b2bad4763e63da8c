"""The log lines of the trainer: one per ten episodes, per checkpoint and per rearranged town.

Survival and reward in a heartbeat line are means over the episodes since the line before it.
`core.process.logs` sends the lines to stderr.
"""

import logging
from collections import deque
from statistics import fmean

from core.config_schema import RunConfig
from core.events import AffordancesRandomized, CheckpointSaved, EpisodeFinished, Event

__all__ = ["Console", "Progress"]

logger = logging.getLogger(__name__)


class Console:
    """Lines for an operator, in the log of the process."""

    def say(self, line: str) -> None:
        """Log what the trainer does."""
        logger.info("%s", line)

    def warn(self, line: str) -> None:
        """Log a warning."""
        logger.warning("%s", line)


class Progress:
    """Logs the events of a run that are worth a line; implements `producer.run.event_writer.Observer`."""

    def __init__(self, console: Console, config: RunConfig) -> None:
        self._console = console
        self._num_episodes = config.training.num_episodes
        self._has_novelty = config.exploration.novelty != "none"
        self._num_stages = len(config.curriculum.stages)
        self._heartbeat_every = config.training.heartbeat_every
        self._newest: deque[EpisodeFinished] = deque(maxlen=self._heartbeat_every)

    def warn(self, line: str) -> None:
        """Log a warning."""
        self._console.warn(line)

    def show_episode(self, finished: EpisodeFinished) -> None:
        """Count a finished episode; log the heartbeat line when it is due."""
        self._newest.append(finished)
        if finished.episode % self._heartbeat_every == 0:
            self._console.say(self._heartbeat(finished))

    def show(self, event: Event) -> None:
        """Log a line for a checkpoint or a rearranged town; other events have none."""
        match event:
            case CheckpointSaved():
                self._console.say(f"Checkpoint saved: {event.checkpoint.name}")
            case AffordancesRandomized():
                self._console.say(
                    f"GENERALIZATION TEST: Randomizing affordance positions at episode {event.episode}"
                )

    def recent_survival(self) -> float:
        """Mean survival, in steps, of the newest episodes shown; 0 before the first one."""
        return fmean(finished.survival_time for finished in self._newest) if self._newest else 0.0

    def _weight(self, finished: EpisodeFinished) -> str:
        return f" | Intrinsic Weight: {finished.intrinsic_weight:.2f}" if self._has_novelty else ""

    def _heartbeat(self, finished: EpisodeFinished) -> str:
        reward = fmean(newest.total_reward for newest in self._newest)
        return (
            f"Episode {finished.episode}/{self._num_episodes} | Survival: {self.recent_survival():.0f} steps"
            f" | Reward: {reward:.1f}{self._weight(finished)}"
            f" | Stage: {finished.curriculum_stage}/{self._num_stages}"
        )
