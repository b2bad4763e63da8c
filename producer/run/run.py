"""The course of a run: start or resume, restore after an anomaly, stop in good order.

The log decides. A new log starts a run; a log with a past resumes from the newest whole checkpoint of its
lineage, exactly; a log that ends where it branched from its parent begins the branch there; a finished run is
left alone. After NaN or Inf a checkpoint is restored with other random numbers, at most three times.
`producer.run.attempt` holds what happens inside one attempt.
"""

import os

import msgspec
import torch

from core.config import config_hash
from core.config_schema import RunConfig
from core.errors import DivergedError, StoreError
from core.events import Event, RunResumed, RunStopped, TrainingAnomaly
from core.log import EventLog, LogReader
from core.packages import installed_packages
from core.process.lock import exclusive
from core.process.memory import MemoryWatch, memory_settings
from core.process.notify import notify
from core.process.signals import ShutdownSignal
from core.run_directory import RunDirectory
from producer.run.attempt import Attempt, RunContext
from producer.run.baseline import baseline_changed, baseline_measured
from producer.run.checkpoint_folder import require_its_log, require_writable
from producer.run.checkpoint_state import in_present_format
from producer.run.checkpoints import Loaded, load_newest
from producer.run.config_changes import Changes, Given, learning_changes, resumption
from producer.run.console import Console, Progress
from producer.run.description import run_started
from producer.run.exactness import why_inexact
from producer.run.lineage import Past, newest_episode, read_past
from producer.run.supervision import UNSUPERVISED, Supervision
from producer.training.anomaly import MAX_RESTORATIONS, NotFiniteError

__all__ = ["run"]


def run(
    given: Given,
    files: RunDirectory,
    console: Console,
    stop: ShutdownSignal,
    supervision: Supervision = UNSUPERVISED,
) -> None:
    """Train until all planned episodes are in the log, or `stop` asks to end; call it again after either.

    Raises:
        AlreadyRunningError: another producer holds the log, or has taken over the run.
        ConfigError: the configuration is missing, cannot be used here, or changes what cannot be changed; or
            a variable on memory is no number.
        StoreError: the log or the checkpoint folder cannot be used, or no checkpoint that the log names can
            be read.
        DivergedError: NaN or Inf came back after three restored checkpoints.
    """
    memory = MemoryWatch(memory_settings(os.environ), console.warn)
    with exclusive(files.events, "producer run"):
        require_its_log(files)
        if not files.events.exists():
            given.new_config()  # errors come before anything is created
            require_writable(files)
        log = EventLog(files.events, permit=supervision.require_lease)
        try:
            past = read_past(log)
            if past is None:
                config, changes = given.new_config(), Changes()
            else:
                past = msgspec.structs.replace(past, reached_episode=_reached(files, past))
                config, changes, ignored = resumption(past, given, str(files.events))
                if ignored:
                    console.warn(ignored)
                if _is_done(past, config.training.num_episodes):
                    _say_done(past, config.training.num_episodes, files, console)
                    return
            torch.set_num_threads(config.training.num_threads)
            progress = Progress(console, config)
            context = RunContext(config, files, log, console, progress, stop, memory, supervision)
            if past is None:
                attempt = _start(context)
            elif _is_new_branch(past, log, config) and not changes:
                attempt = _begin_branch(context, past)
            else:
                attempt = _resume(context, past, changes, start_over=given.start_over)
            _train(context, attempt)
        finally:
            log.close()


def _train(context: RunContext, attempt: Attempt) -> None:
    while True:
        try:
            attempt.train()
        except NotFiniteError as anomaly:
            attempt = _restore(context, attempt.writer.episodes, anomaly)
        else:
            return


def _start(context: RunContext) -> Attempt:
    require_writable(context.files)
    attempt = Attempt(context)
    attempt.writer.record(run_started(context.config, str(attempt.trainer.device)))
    attempt.writer.record(baseline_measured(context.config))
    attempt.writer.commit()
    return attempt


def _is_new_branch(past: Past, log: EventLog, config: RunConfig) -> bool:
    """Whether the log ends at the branch point, and the branch goes on as it was planned there."""
    branched = past.branched
    planned = config.training.num_episodes
    return branched is not None and log.head() == branched.position and planned == past.num_episodes


def _begin_branch(context: RunContext, past: Past) -> Attempt:
    """The first attempt of a branch: the state of its parent, with the changes that the log names."""
    loaded = _load(context, past)
    if loaded is None or past.branched is None:
        raise StoreError(_no_checkpoint(context.files, past))
    require_writable(context.files)
    event = past.branched.event
    context.console.say(
        f"Branch {event.run_id} of run {event.parent_run_id}: going on after episode {event.episode}"
    )
    attempt = Attempt(context, sequence=past.restored)
    if baseline_changed(event.changes):
        attempt.writer.record(baseline_measured(context.config))
    attempt.load(loaded, past)
    attempt.writer.commit()
    return attempt


def _resume(
    context: RunContext,
    past: Past,
    changes: Changes,
    anomaly: TrainingAnomaly | None = None,
    start_over: bool = False,
) -> Attempt:
    """The next attempt, from the newest whole checkpoint, or from the beginning if the log names none."""
    loaded = _load(context, past)
    if loaded is None and past.checkpoints and not (start_over and past.branched is None):
        raise StoreError(_no_checkpoint(context.files, past))
    require_writable(context.files)
    attempt = Attempt(context, sequence=past.restored + (anomaly is not None))
    resumed = _run_resumed(context, past, changes, loaded, attempt, after_anomaly=anomaly is not None)
    events: list[Event] = [resumed]
    if anomaly is not None:
        # after run_resumed, which would supersede it otherwise
        events.append(msgspec.structs.replace(anomaly, action="restored", checkpoint=resumed.checkpoint))
    if loaded is None or baseline_changed(changes) or _supersedes_baseline(past, loaded):
        events.append(baseline_measured(context.config))
    for event in events:
        attempt.writer.record(event)
    if loaded is not None:
        attempt.load(loaded, past)
    attempt.writer.commit()
    context.console.say(
        f"Attempt {resumed.attempt}: going on after episode {resumed.after_episode}"
        + (f" from {resumed.checkpoint}" if resumed.checkpoint else ", from the beginning")
    )
    if resumed.inexact_because:
        context.console.warn(
            "this attempt does not repeat to the bit what an uninterrupted run would do:"
            f" {resumed.inexact_because}"
        )
    return attempt


def _supersedes_baseline(past: Past, loaded: Loaded) -> bool:
    """Whether a branch goes on from its branch point again, and measured its own baseline after that."""
    branched = past.branched
    return (
        branched is not None
        and loaded.position == branched.position
        and baseline_changed(branched.event.changes)
    )


def _load(context: RunContext, past: Past) -> Loaded | None:
    """The newest whole checkpoint of the lineage, in the present format."""
    loaded = load_newest(context.files.checkpoints, past.checkpoints, context.console.warn)
    if loaded is None:
        return None
    return in_present_format(loaded)


def _run_resumed(
    context: RunContext,
    past: Past,
    changes: Changes,
    loaded: Loaded | None,
    attempt: Attempt,
    after_anomaly: bool,
) -> RunResumed:
    packages, device = installed_packages(), str(attempt.trainer.device)
    inexact_because = why_inexact(
        config_changed=bool(learning_changes(changes)),
        after_anomaly=after_anomaly,
        replay_lost=loaded is not None and loaded.replay is None,
        generator_lost=loaded is not None and not attempt.generator_fits(loaded),
        device=(past.device, device),
        packages=(past.packages, packages),
    )
    return RunResumed(
        attempt=past.attempt + 1,
        checkpoint=loaded.saved.checkpoint.name if loaded is not None else None,
        after_episode=loaded.saved.episode if loaded is not None else 0,
        after_position=loaded.position if loaded is not None else past.started_position,
        reason="anomaly" if after_anomaly else "restart",
        num_episodes=context.config.training.num_episodes,
        config_hash=config_hash(context.config),
        config_changes=changes,
        packages=packages,
        device=device,
        exact=not inexact_because,
        inexact_because=inexact_because,
    )


def _restore(context: RunContext, episode: int, error: NotFiniteError) -> Attempt:
    """After NaN or Inf: the newest whole checkpoint with fresh random numbers, or the end."""
    past = read_past(context.log)
    assert past is not None
    occurrence = past.restored + 1
    anomaly = TrainingAnomaly(
        episode=episode, where=error.where, action="stopped", checkpoint=None, occurrence=occurrence
    )
    if occurrence > MAX_RESTORATIONS:
        context.log.append([anomaly, RunStopped(episode=episode, reason="diverged", detail=str(error))])
        raise DivergedError(
            f"{error} after episode {episode}, though {MAX_RESTORATIONS} times a checkpoint was restored;"
            " begin a new run with a lower population.learning_rate or population.max_grad_norm"
        )
    context.console.warn(f"{error} after episode {episode}; restoring the newest whole checkpoint")
    past = msgspec.structs.replace(past, reached_episode=episode)
    return _resume(context, past, {}, anomaly=anomaly)


def _reached(files: RunDirectory, past: Past) -> int:
    reader = LogReader(files.events)
    try:
        return newest_episode(reader, past)
    finally:
        reader.close()


def _is_done(past: Past, planned: int) -> bool:
    """Whether all is in the log: at exactly `planned` episodes also the `run_stopped` that readers need."""
    completed = past.stopped is not None and past.stopped.reason == "completed"
    return past.reached_episode > planned or (completed and past.reached_episode == planned)


def _say_done(past: Past, planned: int, files: RunDirectory, console: Console) -> None:
    reached = f"; episode {past.reached_episode} has been reached" if past.reached_episode > planned else ""
    done = f"all {planned} episodes are done{reached}; nothing to do (--episodes N asks for more)"
    notify(READY="1", STATUS=done)  # a supervisor takes an end without READY for a failure
    console.say(f"{files.events}: {done}")
    notify(STOPPING="1")


def _no_checkpoint(files: RunDirectory, past: Past) -> str:
    names = [at.saved.checkpoint.name for at in past.checkpoints]
    span = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}, {len(names)} of them"
    if past.branched is not None:
        return (
            f"{files.checkpoints}: no checkpoint can be read there, though the log names {span}; bring them"
            " back, or branch from the parent again into another directory"
        )
    return (
        f"{files.checkpoints}: no checkpoint can be read there, though the log names {span}; bring them back"
        " (is the disk mounted? is HAMLET_CHECKPOINT_DIR right?), or begin again at episode 0 with"
        f" --start-over, which supersedes {past.reached_episode} episodes"
    )
