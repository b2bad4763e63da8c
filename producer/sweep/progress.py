"""How far a run of a sweep is, read from the end of its log."""

from statistics import fmean

import msgspec

from core.definitions import WINDOW
from core.errors import StoreError
from core.events import EpisodeFinished
from core.log import LogReader
from core.run_directory import RunDirectory
from producer.run.lineage import newest_episode, read_past, require_event, tail

__all__ = ["RunProgress", "progress_or_nothing", "read_progress"]


class RunProgress(msgspec.Struct, frozen=True):
    """`episode` of `planned` are finished; `stage` from 1; `survival` is the mean of the last window, steps.

    `complete` says that the log ends with the end of the planned episodes.
    """

    episode: int = 0
    planned: int | None = None
    stage: int | None = None
    survival: float | None = None
    complete: bool = False


def read_progress(files: RunDirectory) -> RunProgress:
    """The progress of a run; nothing at all while there is no log.

    Raises:
        StoreError: the log cannot be read.
    """
    if not files.events.exists():
        return RunProgress()
    log = LogReader(files.events)
    try:
        past = read_past(log)
        if past is None:
            return RunProgress()
        episode = newest_episode(log, past)
        events = (require_event(record) for record in tail(log) if record.event_name == "episode_finished")
        finished = [event for event in events if isinstance(event, EpisodeFinished)][-WINDOW:]
    finally:
        log.close()
    done = past.stopped is not None and past.stopped.reason == "completed"
    return RunProgress(
        episode=episode,
        planned=past.num_episodes,
        stage=finished[-1].curriculum_stage if finished else None,
        survival=fmean(event.survival_time for event in finished) if finished else None,
        complete=done and episode >= past.num_episodes,
    )


def progress_or_nothing(files: RunDirectory) -> RunProgress:
    """The progress of a run; nothing where the log cannot be read, which the next attempt will say."""
    try:
        return read_progress(files)
    except StoreError:
        return RunProgress()
