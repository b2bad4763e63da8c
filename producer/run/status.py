"""The state of a run in six lines, read from the end of its log alone; no read model is needed."""

import time
from pathlib import Path
from statistics import fmean

import apsw

from core.codec import Recorded
from core.definitions import SILENT_SECONDS, WINDOW
from core.events import EpisodeFinished, Heartbeat, RunResumed, RunStarted, RunStopped
from core.log import LogReader
from core.run_directory import RunDirectory
from producer.run.lineage import Past, newest_episode, read_past, require_event, tail

__all__ = ["report"]


def report(files: RunDirectory, now: float | None = None) -> list[str]:
    """Six lines on what the run is, progress, learning, pace, safety and troubles. `now` in Unix seconds.

    Raises:
        StoreError: there is no log there, or it cannot be read.
    """
    log = LogReader(files.events)
    try:
        past = read_past(log)
        if past is None:
            return [f"{files.events}: nothing recorded yet"]
        newest = tail(log)
        episode = newest_episode(log, past)
        resumes = log.milestones(RunStarted, RunResumed)
        in_wal = log.head() - _head_of_file_alone(files.events)
    finally:
        log.close()
    silence = (time.time() if now is None else now) - newest[-1].recorded_at
    events = [require_event(record) for record in newest if record.position >= resumes[-1].position]
    finished = [event for event in events if isinstance(event, EpisodeFinished)][-WINDOW:]
    heartbeats = [event for event in events if isinstance(event, Heartbeat)]
    has_novelty = past.config.get("exploration", {}).get("novelty") != "none"
    return [
        f"run       {_run(past)}",
        f"progress  {_progress(episode, past.num_episodes)}, {_state(past, silence)}",
        f"learning  {_learning(finished, has_novelty)}",
        f"pace      {_pace(heartbeats)}",
        f"safety    {_safety(past, episode)}{_wal(files.events, in_wal)}",
        f"troubles  {_troubles(past, resumes, heartbeats)}",
    ]


def _head_of_file_alone(path: Path) -> int:
    """Position of the newest event in the database file itself, without its -wal file; 0 if unreadable.

    While the trainer writes, the file may change under this read; then the answer is only a little old.
    """
    try:
        connection = apsw.Connection(
            f"{path.absolute().as_uri()}?immutable=1",
            flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
        )
        try:
            return int(connection.execute("SELECT coalesce(max(position), 0) FROM events").get)
        finally:
            connection.close()
    except apsw.Error:
        return 0


def _run(past: Past) -> str:
    started = past.started
    name = f"{past.run_id}, configuration {started.config_name}, seed {started.seed}"
    if past.branched is None:
        return name
    event = past.branched.event
    return f"{name}, branched from {event.parent_run_id} at episode {event.episode}"


def _progress(episode: int, planned: int) -> str:
    if episode > planned:  # an earlier program went on with a plan that was shorter than what it had done
        return f"episode {episode}, {planned} were planned"
    return f"episode {episode} of {planned} ({episode / planned:.0%})"


def _state(past: Past, silence: float) -> str:
    stopped = past.stopped
    if isinstance(stopped, RunStopped):
        return f"stopped ({stopped.reason}{f', {stopped.detail}' if stopped.detail else ''}) {_ago(silence)}"
    if silence > SILENT_SECONDS:
        return f"silent: the newest event was recorded {_ago(silence)}, the trainer crashed or was killed"
    return f"running, the newest event was recorded {_ago(silence)}"


def _learning(finished: list[EpisodeFinished], has_novelty: bool) -> str:
    if not finished:
        return "no episode since this attempt began"
    last = finished[-1]
    weight = f"intrinsic weight {last.intrinsic_weight:.2f}" if has_novelty else "no intrinsic reward"
    return (
        f"survival {fmean(event.survival_time for event in finished):.0f} steps over the last"
        f" {len(finished)} episodes, stage {last.curriculum_stage},"
        f" {weight}, epsilon {last.epsilon:.2f}"
    )


def _pace(heartbeats: list[Heartbeat]) -> str:
    if not heartbeats:
        return "no heartbeat since this attempt began"
    last = heartbeats[-1]
    limit = f" (limit {last.rss_limit_bytes / 2**20:,.0f})" if last.rss_limit_bytes else ""
    return (
        f"{last.agent_steps_per_second:,.0f} agent-steps/s, {last.rss_bytes / 2**20:.0f} MiB"
        f" of memory{limit}, replay buffer {last.replay_fill:.0%} full, loss {last.loss:.2g}"
    )


def _safety(past: Past, episode: int) -> str:
    if not past.checkpoints:
        return "no checkpoint yet; after a crash the run would start over"
    newest = past.checkpoints[-1].saved
    repeated = max(0, episode - newest.episode)
    return (
        f"{newest.checkpoint.name} stands for episode {newest.episode}; after a crash the run would repeat"
        f" {repeated} episodes"
    )


def _wal(path: Path, events: int) -> str:
    if events <= 0:
        return ""
    return f"; {events} events are in {path.name}-wal only, so do not copy {path.name} alone"


def _troubles(past: Past, resumes: list[Recorded], heartbeats: list[Heartbeat]) -> str:
    resumed = len(resumes) - 1
    alarm = heartbeats[-1].memory_alarm if heartbeats else ""
    return (
        f"{resumed} resume{'' if resumed == 1 else 's'}, {past.restored}"
        f" restoration{'' if past.restored == 1 else 's'} after NaN or Inf{f'; {alarm}' if alarm else ''}"
    )


def _ago(seconds: float) -> str:
    if seconds < 120.0:
        return f"{max(0.0, seconds):.0f} s ago"
    return f"{seconds / 60.0:.0f} min ago" if seconds < 7200.0 else f"{seconds / 3600.0:.1f} h ago"
