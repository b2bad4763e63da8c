"""The life of a run: begin or go on, mend what can be mended, stop in good order.

The log decides which it is. A fresh one starts a run; one with a past is gone on with from the newest whole
checkpoint of its lineage, exactly; a finished one is left alone. NaN or Inf restores a checkpoint with other
random numbers, at most three times. What happens inside one attempt is `producer.run.attempt`.
"""

import os
import platform
from importlib import metadata
from typing import Any

import msgspec
import torch

from core.config import config_hash, learning_config, recorded_config
from core.config_schema import RunConfig
from core.errors import ConfigError, DivergedError, StoreError
from core.events import Event, RunResumed, RunStarted, RunStopped, TrainingAnomaly, WorldMap
from core.log import EventLog
from core.process.lock import exclusive
from core.process.memory import MemoryWatch, memory_settings
from core.process.signals import Stop
from core.run_directory import RunDirectory
from core.run_id import new_run_id
from core.run_summary import curriculum_summary, wages
from producer.environment.rules import ACTIONS
from producer.run.attempt import Attempt, RunContext
from producer.run.checkpoints import load_newest
from producer.run.console import Console
from producer.run.exactness import why_inexact
from producer.run.lineage import Past, read_past
from producer.training.anomaly import MAX_RESTORATIONS, NotFiniteError
from producer.training.randomization import placements

__all__ = ["run"]

PACKAGES = ("hamlet-demo", "torch", "numpy", "msgspec", "apsw")
"""Whose versions a run's log remembers."""

LONGEST_VALUE = 40
"""Characters of a changed value that a refusal quotes; a whole curriculum would bury the sentence."""


def run(
    config: RunConfig, files: RunDirectory, console: Console, stop: Stop, accept_config_change: bool = False
) -> None:
    """Train until all planned episodes are in the log, or `stop` asks to end; call it again after either.

    Raises:
        AlreadyRunningError: another producer holds the log.
        ConfigError: the configuration is not the one the run began with, or cannot be used here; or a
            variable on memory is no number.
        StoreError: the log or the checkpoint folder cannot be used.
        DivergedError: NaN or Inf came back after three restored checkpoints.
    """
    torch.set_num_threads(config.training.num_threads)
    memory = MemoryWatch(memory_settings(os.environ), console.warn)
    with exclusive(files.events, "producer run"):
        _require_folder(files)
        _require_its_log(files)
        log = EventLog(files.events)
        try:
            _train(RunContext(config, files, log, console, stop, memory), accept_config_change)
        finally:
            log.close()


def _train(context: RunContext, accept_config_change: bool) -> None:
    config = context.config
    past = read_past(context.log)
    if past is None:
        attempt = Attempt(context)
        attempt.writer.record(_run_started(config, attempt))
        attempt.writer.commit()
    elif _is_finished(past, config):
        done = f"all {config.training.num_episodes} episodes are done; nothing to do"
        context.console.say(f"{context.files.events}: {done}")
        return
    else:
        changes = _config_changes(past, config)
        if changes and not accept_config_change:
            raise ConfigError(_refusal(changes))
        attempt = _resume(context, past, changes=changes)
    while True:
        try:
            attempt.train()
        except NotFiniteError as anomaly:
            attempt = _mend(context, attempt.writer.episodes, anomaly)
        else:
            return


def _resume(
    context: RunContext,
    past: Past,
    changes: dict[str, tuple[Any, Any]] | None = None,
    anomaly: TrainingAnomaly | None = None,
) -> Attempt:
    """The next attempt, from the newest whole checkpoint, or from the beginning where there is none."""
    attempt = Attempt(context, branch=past.restored + (anomaly is not None))
    loaded = load_newest(context.files.checkpoints, past.checkpoints, context.console.warn)
    checkpoint = loaded.saved.checkpoint.name if loaded is not None else None
    packages, device = _packages(), str(attempt.trainer.device)
    inexact_because = why_inexact(
        config_changed=bool(changes),
        after_anomaly=anomaly is not None,
        replay_lost=loaded is not None and loaded.replay is None,
        device=(past.device, device),
        packages=(past.packages, packages),
    )
    resumed = RunResumed(
        attempt=past.attempt + 1,
        checkpoint=checkpoint,
        after_episode=loaded.saved.episode if loaded is not None else 0,
        after_position=loaded.position if loaded is not None else past.started_position,
        reason="restart" if anomaly is None else "anomaly",
        num_episodes=context.config.training.num_episodes,
        config_hash=config_hash(context.config),
        config_changes=changes or {},
        packages=packages,
        device=device,
        exact=not inexact_because,
        inexact_because=inexact_because,
    )
    events: list[Event] = [resumed]
    if anomaly is not None:
        # after run_resumed, which would supersede it otherwise
        events.append(msgspec.structs.replace(anomaly, action="restored", checkpoint=checkpoint))
    for event in events:
        attempt.writer.record(event)
    if loaded is not None:
        kept = [at.saved for at in past.checkpoints if at.position <= loaded.position]
        attempt.load(loaded, kept)
    attempt.writer.commit()
    context.console.say(
        f"Attempt {resumed.attempt}: going on after episode {resumed.after_episode}"
        + (f" from {checkpoint}" if checkpoint else ", from the beginning, since there is no checkpoint")
    )
    return attempt


def _mend(context: RunContext, episode: int, error: NotFiniteError) -> Attempt:
    """After NaN or Inf: the last good checkpoint with fresh random numbers, or the end."""
    past = read_past(context.log)
    assert past is not None
    occurrence = past.restored + 1
    anomaly = TrainingAnomaly(
        episode=episode, where=error.where, action="stopped", checkpoint=None, occurrence=occurrence
    )
    if occurrence > MAX_RESTORATIONS:
        context.log.append([anomaly, RunStopped(episode=episode, reason="error", detail=str(error))])
        raise DivergedError(
            f"{error} after episode {episode}, though {MAX_RESTORATIONS} times a checkpoint was restored;"
            " begin a new run with a lower population.learning_rate or population.max_grad_norm"
        )
    context.console.warn(f"{error} after episode {episode}; restoring the last good checkpoint")
    return _resume(context, past, anomaly=anomaly)


def _run_started(config: RunConfig, attempt: Attempt) -> RunStarted:
    return RunStarted(
        run_id=new_run_id(),
        seed=config.experiment.seed,
        num_episodes=config.training.num_episodes,
        num_agents=config.population.num_agents,
        config_name=config.experiment.name,
        config=msgspec.to_builtins(config),
        config_hash=config_hash(config),
        world=_world_map(config),
        curriculum=curriculum_summary(config),
        wages=wages(config),
        packages=_packages(),
        device=str(attempt.trainer.device),
    )


def _packages() -> dict[str, str]:
    """Versions of what decides the arithmetic of a run, by name."""
    installed = {name: metadata.version(name) for name in PACKAGES if _is_installed(name)}
    return {"python": platform.python_version()} | installed


def _world_map(config: RunConfig) -> WorldMap:
    world = config.world
    return WorldMap(
        width=world.width,
        height=world.height,
        meters=tuple(world.meter_names),
        vital_meters=tuple(meter.name for meter in world.meters if meter.vital),
        affordances=placements({affordance.name: affordance.cell for affordance in world.affordances}),
        actions=ACTIONS,
        max_steps=config.training.max_steps_per_episode,
        meter_full_scale=world.meter_full_scale,
    )


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _is_finished(past: Past, config: RunConfig) -> bool:
    stopped = past.stopped
    return (
        stopped is not None
        and stopped.reason == "completed"
        and stopped.episode >= config.training.num_episodes
    )


def _config_changes(past: Past, config: RunConfig) -> dict[str, tuple[Any, Any]]:
    """Keys that decide what is learnt and differ from the run's own, with [old, new]."""
    try:
        # fills in the defaults of keys that a newer program knows
        old_config = recorded_config(past.config, "the log")
    except ConfigError:
        old = _flat(past.config)
    else:
        if learning_config(old_config) == learning_config(config):
            return {}
        old = _flat(msgspec.to_builtins(learning_config(old_config)))
    new = _flat(msgspec.to_builtins(learning_config(config)))
    return {
        key: (old.get(key), new.get(key))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key) and not key.startswith(("training.num_episodes", "training.pace"))
    }


def _flat(config: Any, path: str = "") -> dict[str, Any]:
    """Dotted keys to values; lists are values."""
    if not isinstance(config, dict):
        return {path: config}
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{path}.{key}" if path else key)
    return flat


def _refusal(changes: dict[str, tuple[Any, Any]]) -> str:
    shown = [f"{key} (was {_short(old)}, now {_short(new)})" for key, (old, new) in list(changes.items())[:4]]
    more = f" and {len(changes) - 4} more" if len(changes) > 4 else ""
    return (
        f"the configuration is not the one this run began with: {', '.join(shown)}{more}; restore it, choose"
        " another run directory, or accept the change with --accept-config-change"
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _require_its_log(files: RunDirectory) -> None:
    """A run begun anew beside the checkpoints of one whose log is lost would overwrite them one by one."""
    left = sorted(path.name for path in files.checkpoints.glob("checkpoint_ep*.pt"))
    if left and not files.events.exists():
        raise StoreError(
            f"{files.events}: missing, though {left[-1]} in {files.checkpoints} is from an earlier run;"
            " restore the log from a backup, or move the checkpoints away to begin a new run"
        )


def _require_folder(files: RunDirectory) -> None:
    try:
        files.checkpoints.mkdir(parents=True, exist_ok=True)
        probe = files.checkpoints / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"{files.checkpoints}: cannot write there ({error.strerror}); name a writable directory"
        ) from error
