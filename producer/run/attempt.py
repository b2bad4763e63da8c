"""One attempt at a run: a trainer, its event writer, its checkpoints and its heartbeat.

An attempt begins at episode 0 or at a checkpoint. It ends when all planned episodes are written, when the
process is asked to end, or with `NotFiniteError`. `producer.run.run` decides where an attempt begins and what
follows after it.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

import torch

from core.config_schema import RunConfig
from core.events import CheckpointSaved, EpisodeFinished, Event, Heartbeat, RunStopped
from core.log import EventLog
from core.process.memory import MemoryWatch
from core.process.notify import notify
from core.process.retry import retry_while_failing
from core.process.signals import ShutdownSignal
from core.run_directory import RunDirectory
from producer.agent.generator_state import fits
from producer.run.branch_start import start_branch
from producer.run.checkpoint_state import checkpoint_state, load_checkpoint_state
from producer.run.checkpoints import REPLAYS_KEPT, Loaded, save, thin_replays
from producer.run.console import Console, Progress
from producer.run.event_recorder import EventRecorder
from producer.run.event_writer import EventWriter
from producer.run.lineage import Past, read_landmarks
from producer.run.policies import policy_interval, policy_recorded
from producer.run.supervision import Supervision
from producer.run.throttle import Throttle
from producer.training.anomaly import CHECK_EVERY, require_finite, reseed
from producer.training.build import build_trainer
from producer.training.trainer import pick_device

__all__ = ["Attempt", "RunContext"]

HEARTBEAT_SECONDS = 10.0
"""A trainer at a slow pace records a heartbeat at least so often: 30 s without an event look like a crash."""


class RunContext(NamedTuple):
    """What all attempts at a run share."""

    config: RunConfig
    files: RunDirectory
    log: EventLog
    console: Console
    progress: Progress
    stop: ShutdownSignal
    memory: MemoryWatch
    supervision: Supervision


class Attempt:
    """Trains, writes events, saves checkpoints.

    `sequence` numbers the sequences of random numbers: 0 is that of the seed, k the one after anomaly k.
    """

    def __init__(self, context: RunContext, sequence: int = 0) -> None:
        config, files, log, console, progress, stop, memory, supervision = context
        self.config = config
        self.writer = EventWriter(log, config.training.num_episodes, stop, progress)
        device = pick_device(config.training.device)
        self.recorder = EventRecorder(config, device, self)
        self.trainer = build_trainer(config, self.recorder)
        self._folder = files.checkpoints
        self._console = console
        self._progress = progress
        self._stop = stop
        self._log = log
        self._sequence = sequence
        self._saved: list[CheckpointSaved] = []
        self._branch_checkpoint: CheckpointSaved | None = None
        self._by_time: list[CheckpointSaved] = []
        self._checkpointed_at = time.monotonic()
        pace = config.training.pace
        self._throttle = Throttle(pace.episodes_per_hour) if pace is not None else None
        self._memory = memory
        self._supervision = supervision
        self._beat_at, self._beat_step, self._speed = time.monotonic(), 0, 0.0
        reseed(self.trainer, sequence)

    def load(self, loaded: Loaded, past: Past) -> None:
        """Go on exactly where the checkpoint, one of `past`, was taken; make a branch's changes if it is the
        branch point's.

        Raises:
            ConfigError: the checkpoint does not fit the configuration (other sizes of network or town).
        """
        load_checkpoint_state(loaded, self.trainer, self.recorder, self.writer)
        self._saved = [at.saved for at in past.saved if at.position <= loaded.position]
        branched = past.branched
        if branched is not None:
            self._branch_checkpoint = branched.event.saved
            if loaded.position == branched.position:
                start_branch(branched.event, self.trainer, self.recorder)
        if loaded.state["branch"] != self._sequence:
            reseed(self.trainer, self._sequence)
        self._beat_step = self.trainer.vector_steps

    def generator_fits(self, loaded: Loaded) -> bool:
        """Whether the checkpoint's random number generator can be restored on this kind of device."""
        return fits(loaded.state["trainer"]["dqn"]["generator"], self.trainer.dqn.generator)

    def train(self) -> None:
        """Train until the last planned episode is written or the process is asked to stop; save a checkpoint.

        Raises:
            NotFiniteError: NaN or Inf was seen; what was written since the last checkpoint is not to be kept.
            StoreError: the process was asked to end while it waited for a full disk.
        """
        notify(READY="1", STATUS=self._status())
        while not (self.writer.complete or self._stop.requested):
            self.trainer.step()
            if self.trainer.rollouts % CHECK_EVERY == 0:
                require_finite(self.trainer)
            if time.monotonic() - self._beat_at >= HEARTBEAT_SECONDS:
                self._heartbeat()
            self.writer.commit_if_due()
            self._checkpoint_if_due()
        self._finish()

    @property
    def _checkpointed(self) -> int:
        """The episode that the newest checkpoint stands for."""
        return max((saved.episode for saved in self._lineage()[-1:]), default=0)

    def _checkpoint_if_due(self) -> None:
        """Save a checkpoint at every milestone, and between the milestones of a slow run by time."""
        episode, every = self.writer.episodes, self.config.training.checkpoint_every
        minutes = self.config.training.checkpoint_every_minutes
        milestone = episode // every * every
        if self.writer.complete or episode <= self._checkpointed:
            return
        if milestone > self._checkpointed:
            self._checkpoint(milestone)
            self._thin_checkpoints()
        elif minutes is not None and time.monotonic() - self._checkpointed_at >= 60.0 * minutes:
            self._checkpoint(episode)
            self._by_time.append(self._saved[-1])
            self._thin_checkpoints()

    def _finish(self) -> None:
        notify(STOPPING="1")
        # If no episode has ended since the last checkpoint, the next attempt repeats the steps since then.
        episode = self.writer.episodes
        if episode > self._checkpointed:
            self._checkpoint(episode)
            self._thin_checkpoints()
        if self.writer.complete:
            stopped = RunStopped(episode=episode, reason="completed", detail=f"{episode} episodes")
        else:
            stopped = RunStopped(episode=episode, reason="signal", detail=self._stop.signal_name or "")
        self.writer.record(stopped)
        self.writer.commit()

    def record_episode(self, finished: EpisodeFinished, details: Sequence[Event]) -> None:
        """Write a finished episode when the throttle permits; record a heartbeat every few episodes."""
        if self._throttle is not None and not self.writer.complete:
            self._await(self._throttle)
        self.writer.record_episode(finished, details)
        due = finished.episode % self.config.training.heartbeat_every == 0
        if due and finished.episode <= self.writer.num_episodes:
            self._heartbeat()

    def record_decision(self, event: Event) -> None:
        """Write a decision of the curriculum, of exploration or of the town's rearrangement."""
        self.writer.record_decision(event)

    def _await(self, throttle: Throttle) -> None:
        self.writer.commit_if_due()
        while (remaining := throttle.remaining()) > 0.0 and not self._stop.requested:
            self.writer.commit()
            if time.monotonic() - self._beat_at >= HEARTBEAT_SECONDS:
                self._heartbeat()
                self.writer.commit()
            self._stop.wait(min(remaining, 1.0))
        throttle.advance()

    def _heartbeat(self) -> None:
        require_finite(self.trainer)
        now, trainer = time.monotonic(), self.trainer
        steps = (trainer.vector_steps - self._beat_step) * trainer.town.num_agents
        if steps > 0:
            # two heartbeats may fall into one rollout; the second has nothing new to say
            self._speed = steps / (now - self._beat_at)
        means = trainer.metrics.read()
        on_gpu = trainer.device.type == "cuda"
        memory = self._memory.measure()
        self.writer.record(
            Heartbeat(
                episode=self.writer.episodes,
                vector_step=trainer.vector_steps,
                updates=trainer.dqn.updates,
                agent_steps_per_second=self._speed,
                loss=means.loss,
                mean_q=means.mean_q,
                gradient_norm=means.gradient_norm,
                rss_bytes=memory.rss_bytes,
                device_memory_bytes=torch.cuda.memory_allocated(trainer.device) if on_gpu else 0,
                replay_fill=trainer.replay_buffer.fill,
                rss_limit_bytes=memory.limit_bytes,
                rss_bytes_per_hour=memory.bytes_per_hour,
                memory_alarm=memory.alarm,
            )
        )
        self._beat_at, self._beat_step = now, trainer.vector_steps
        notify(WATCHDOG="1", STATUS=self._status())

    def _status(self) -> str:
        """A line for a supervisor: episode, stage, survival, and the age of the newest checkpoint."""
        episode = self.writer.episodes
        return (
            f"episode {episode} of {self.writer.num_episodes}, stage {self.trainer.curriculum.stage},"
            f" survival {self._progress.recent_survival():.0f} steps,"
            f" {self._checkpoint_age()}"
        )

    def _checkpoint_age(self) -> str:
        """How old the newest checkpoint is, by its file: an earlier attempt may have made it."""
        lineage = self._lineage()
        if not lineage:
            return "no checkpoint yet"
        try:
            saved_at = (self._folder / lineage[-1].checkpoint.name).stat().st_mtime
        except OSError:
            return f"checkpoint of episode {self._checkpointed} is gone"
        return f"checkpoint of episode {self._checkpointed} is {max(0.0, time.time() - saved_at):.0f} s old"

    def _checkpoint(self, milestone: int) -> None:
        require_finite(self.trainer)
        position = self.writer.commit()
        self._supervision.require_lease()
        state, replay = checkpoint_state(
            self.config, self._sequence, self.trainer, self.recorder, self.writer
        )
        checkpoint_file, replay_file = retry_while_failing(
            lambda: save(self._folder, milestone, state, replay), _passing, self._console.warn, self._stop
        )
        saved = CheckpointSaved(
            episode=self.writer.episodes,
            position=position,
            checkpoint=checkpoint_file,
            replay=replay_file,
        )
        self._saved.append(saved)
        every = policy_interval(self.config.recording.policy_every, self.trainer.dqn.q_network)
        if every and (len(self._saved) % every == 0 or self.writer.complete):
            # before the checkpoint's own event, so that a resume from the checkpoint keeps both
            self.writer.record(policy_recorded(self.trainer.dqn.q_network, self.config, saved))
        self.writer.record(saved)
        self.writer.commit()
        self._checkpointed_at = time.monotonic()
        self._supervision.checkpointed()

    def _lineage(self) -> list[CheckpointSaved]:
        """The checkpoints so far, oldest first: a parent's, the one at the branch point, and this run's."""
        if self._branch_checkpoint is None:
            return self._saved
        at_branch = self._branch_checkpoint
        before = [saved for saved in self._saved if saved.position <= at_branch.position]
        return [*before, at_branch, *self._saved[len(before) :]]

    def _thin_checkpoints(self) -> None:
        """Keep the replay buffers that a resume or a branch needs, and their checkpoints."""
        self._supervision.require_lease()
        lineage, landmarks = self._lineage(), read_landmarks(self._log)
        if self._branch_checkpoint is not None:
            landmarks.append(self._branch_checkpoint.episode + 1)  # the newest one before it is itself
        kept = thin_replays(self._folder, lineage, landmarks, self.config.training.keep_replay_every)
        # milestones are for looking back; of the others only those are kept that a resume or branch needs
        for saved in self._by_time[:-REPLAYS_KEPT]:
            if saved.replay is None or saved.replay.name not in kept:
                (self._folder / saved.checkpoint.name).unlink(missing_ok=True)
                self._by_time.remove(saved)
        most = self.config.training.keep_checkpoints
        for saved in self._saved[:-most] if most is not None else ():
            if saved.replay is None or saved.replay.name not in kept:
                (self._folder / saved.checkpoint.name).unlink(missing_ok=True)


def _passing(error: Exception) -> str | None:
    if isinstance(error, OSError):
        return f"a checkpoint cannot be written ({error.strerror})"
    return None
