"""The way from a checkpoint of a run to a branch point, repeated and compared with the run's log.

Every event of learning on the way must be the one in the log, and every checkpoint must have its sha256.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch

from core.errors import StoreError
from core.events import AnyEvent, EpisodeFinished, Event
from core.log import LogReader
from core.packages import installed_packages
from core.process.signals import ShutdownSignal
from producer.run.branch_point import BOOKKEEPING, BranchPoint, present_events
from producer.run.branch_start import start_branch
from producer.run.checkpoint_state import checkpoint_state, load_checkpoint_state
from producer.run.checkpoints import Loaded, sha256_of
from producer.run.console import Console
from producer.run.event_recorder import EventRecorder
from producer.run.event_writer import EventWriter
from producer.run.exactness import why_inexact
from producer.run.lineage import require_event
from producer.training.anomaly import CHECK_EVERY, NotFiniteError, require_finite, reseed
from producer.training.trainer import Trainer, pick_device

__all__ = ["Repeated", "repeat"]


class Repeated(NamedTuple):
    """The state at the branch point, that of the replay buffer, and what is known of its exactness."""

    state: dict[str, Any]
    replay: dict[str, Any]
    device: str
    packages: dict[str, str]
    inexact_because: str


def repeat(
    log: LogReader, point: BranchPoint, loaded: Loaded | None, console: Console, stop: ShutdownSignal
) -> Repeated | None:
    """Train from `loaded` (None: from the beginning) to the branch point; None if `stop` is requested.

    Raises:
        StoreError: what was repeated is not what the log says, though it should be; or the log is damaged.
        ConfigError: the checkpoint does not fit the configuration.
    """
    torch.set_num_threads(point.config.training.num_threads)
    return _Repetition(log, point, loaded, console).run(stop)


class _Repetition:
    """A trainer whose events are compared with those of a log instead of being written."""

    def __init__(self, log: LogReader, point: BranchPoint, loaded: Loaded | None, console: Console) -> None:
        self._point = point
        self._console = console
        begun = point.start.position if point.start is not None else 0
        self._expected = _learning_events(log, point, begun)
        self._pending = list(point.on_the_way)
        self._matched = 0
        self._differs = False
        self._writer = EventWriter(self, point.past.num_episodes, ShutdownSignal(), self)
        config = point.config
        self._recorder = EventRecorder(config, pick_device(config.training.device), self._writer)
        self._trainer = Trainer(config, self._recorder)
        sequence = point.past.restored
        reseed(self._trainer, sequence)
        self._packages, device = installed_packages(), str(self._trainer.device)
        self._inexact_because = why_inexact(
            config_changed=False,
            after_anomaly=False,
            replay_lost=False,
            generator_lost=False,
            device=(point.past.device, device),
            packages=(point.past.packages, self._packages),
        )
        self._device = device
        if loaded is not None:
            load_checkpoint_state(loaded, self._trainer, self._recorder, self._writer)
            branched = point.past.branched
            if branched is not None and branched.position == loaded.position:
                start_branch(branched.event, self._trainer, self._recorder)
            if loaded.state["branch"] != sequence:
                reseed(self._trainer, sequence)

    def run(self, stop: ShutdownSignal) -> Repeated | None:
        """Repeat, compare, and give back the state."""
        self._writer.commit()
        while self._writer.episodes < self._point.episode:
            if stop.requested:
                return None
            try:
                self._trainer.step()
                if self._trainer.rollouts % CHECK_EVERY == 0:
                    require_finite(self._trainer)
            except NotFiniteError as error:
                raise StoreError(f"the way to episode {self._point.episode} led to {error}") from error
            self._writer.commit()
            self._compare_checkpoint()
        if self._writer.episodes != self._point.episode:
            raise StoreError(
                f"episode {self._point.episode} is not the last one that ended in its rollout, episode"
                f" {self._writer.episodes} is: the parent has not recorded it yet, or was trained in another"
                " way; branch at an earlier episode"
            )
        if self._matched:
            self._console.say(f"{self._matched} checkpoints on the way have the sha256 in the parent's log")
        state, replay = self._state()
        return Repeated(state, replay, self._device, self._packages, self._inexact_because)

    def append(self, events: Sequence[Event]) -> int:
        """Compare the events with those of the log; the writer takes this for its log."""
        for event in events:
            expected = next(self._expected, None)
            if expected is not None and event != expected:
                self._report(f"{type(event).__name__} after episode {self._writer.episodes}")
        return self.head()

    def head(self) -> int:
        """Nothing is written."""
        return 0

    def warn(self, line: str) -> None:
        """Print a warning."""
        self._console.warn(line)

    def show_episode(self, finished: EpisodeFinished) -> None:
        """Print nothing: the parent has printed it."""

    def show(self, event: Event) -> None:
        """Print nothing: the parent has printed it."""

    def _state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return checkpoint_state(
            self._point.config, self._point.past.restored, self._trainer, self._recorder, self._writer
        )

    def _compare_checkpoint(self) -> None:
        """Compare a checkpoint with the state when its episode is the newest one.

        A checkpoint made by time may be some rollouts younger than the end of its episode.
        """
        while self._pending and self._pending[0].episode < self._writer.episodes:
            self._report(self._pending.pop(0).checkpoint.name)
        if not self._pending or self._pending[0].episode != self._writer.episodes:
            return
        if self._pending[0].checkpoint.sha256 == sha256_of(self._state()[0]):
            self._pending.pop(0)
            self._matched += 1

    def _report(self, what: str) -> None:
        """Treat a difference: an error, or a warning where bits cannot be expected to be equal."""
        if not self._inexact_because:
            raise StoreError(
                f"the way to episode {self._point.episode} cannot be repeated: {what} is not what the"
                " parent's log says; branch at an episode whose checkpoint has its replay buffer, or with the"
                " release that trained the parent"
            )
        if not self._differs:
            self._console.warn(
                f"the branch is not exact: {what} is not what the parent's log says ({self._inexact_because})"
            )
        self._differs = True


def _learning_events(log: LogReader, point: BranchPoint, after: int) -> Iterator[AnyEvent]:
    for record in present_events(log, after, point.position, point.superseded):
        if record.event_name not in BOOKKEEPING:
            yield require_event(record)
