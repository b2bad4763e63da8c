"""How a run stands, in five lines, read from the end of its log alone; no projection is needed for it."""

import time
from statistics import fmean

from core.codec import Recorded
from core.definitions import SILENT_SECONDS, WINDOW
from core.events import EpisodeFinished, Heartbeat, RunResumed, RunStarted, RunStopped
from core.log import LogReader
from core.run_directory import RunDirectory
from producer.run.lineage import Past, read_past, require_event

__all__ = ["report"]

TAIL = 2_000
"""Newest events looked at: the last hundred episodes and their heartbeats are among them."""


def report(files: RunDirectory, now: float | None = None) -> list[str]:
    """Five lines on progress, learning, pace, safety and troubles. `now` in Unix seconds.

    Raises:
        StoreError: there is no log there, or it cannot be read.
    """
    log = LogReader(files.events)
    try:
        past = read_past(log)
        head = log.head()
        tail = log.read(max(0, head - TAIL), TAIL)
        resumes = log.milestones(RunStarted, RunResumed)
    finally:
        log.close()
    if past is None:
        return [f"{files.events}: nothing recorded yet"]
    return _lines(past, tail, resumes, time.time() if now is None else now)


def _lines(past: Past, tail: list[Recorded], resumes: list[Recorded], now: float) -> list[str]:
    newest = resumes[-1]
    events = [require_event(record) for record in tail if record.position >= newest.position]
    lives = [event for event in events if isinstance(event, EpisodeFinished)][-WINDOW:]
    beats = [event for event in events if isinstance(event, Heartbeat)]
    attempt = require_event(newest)
    assert isinstance(attempt, RunStarted | RunResumed)
    planned = attempt.num_episodes
    resumed_after = attempt.after_episode if isinstance(attempt, RunResumed) else 0
    episode = lives[-1].episode if lives else resumed_after
    silence = now - tail[-1].recorded_at
    lines = [
        f"progress  episode {episode} of {planned} ({episode / planned:.0%}), {_state(past, silence)}",
    ]
    if lives:
        last = lives[-1]
        lines.append(
            f"learning  survival {fmean(life.survival_time for life in lives):.0f} steps over the last"
            f" {len(lives)} episodes, stage {last.curriculum_stage},"
            f" intrinsic weight {last.intrinsic_weight:.2f}, epsilon {last.epsilon:.2f}"
        )
    else:
        lines.append("learning  no episode since this attempt began")
    if beats:
        beat = beats[-1]
        lines.append(
            f"pace      {beat.agent_steps_per_second:,.0f} agent-steps/s, {beat.rss_bytes / 2**20:.0f} MiB"
            f" of memory{_of(beat.rss_limit_bytes)}, replay buffer {beat.replay_fill:.0%} full,"
            f" loss {beat.loss:.2g}"
        )
    else:
        lines.append("pace      no heartbeat since this attempt began")
    if past.checkpoints:
        at = past.checkpoints[-1].saved
        lines.append(
            f"safety    {at.checkpoint.name} stands for episode {at.episode};"
            f" a crash now would repeat {max(0, episode - at.episode)} episodes"
        )
    else:
        lines.append("safety    no checkpoint yet; a crash now would begin anew")
    crashes = len(resumes) - 1
    lines.append(
        f"troubles  {crashes} resume{'' if crashes == 1 else 's'},"
        f" {past.restored} anomal{'y' if past.restored == 1 else 'ies'} mended"
        + (f"; {beats[-1].memory_alarm}" if beats and beats[-1].memory_alarm else "")
    )
    return lines


def _of(limit_bytes: int) -> str:
    return f" (limit {limit_bytes / 2**20:,.0f})" if limit_bytes else ""


def _state(past: Past, silence: float) -> str:
    stopped = past.stopped
    if isinstance(stopped, RunStopped):
        return f"stopped ({stopped.reason}{f', {stopped.detail}' if stopped.detail else ''}) {_ago(silence)}"
    if silence > SILENT_SECONDS:
        return f"silent: last heard of {_ago(silence)}, crashed or killed"
    return f"running, last heard of {_ago(silence)}"


def _ago(seconds: float) -> str:
    if seconds < 120.0:
        return f"{max(0.0, seconds):.0f} s ago"
    return f"{seconds / 60.0:.0f} min ago" if seconds < 7200.0 else f"{seconds / 3600.0:.1f} h ago"
