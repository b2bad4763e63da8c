"""The loop of a sweep: take a lease, start an attempt, watch its heartbeat, try again what failed.

The truth is in the run directories, never in the memory of the sweep: a sweep that was killed is started
again and reads there which runs are finished.
"""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from core.errors import AlreadyRunningError, ConfigError, DivergedError, HamletError, StoreError
from core.process.signals import ShutdownSignal
from producer.sweep.executor import Executor, Outcome
from producer.sweep.place import Place
from producer.sweep.progress import RunProgress
from producer.sweep.run_state import RunState, Status

__all__ = ["Limits", "drive"]

FINAL_CODES = frozenset({ConfigError.exit_code, DivergedError.exit_code, 2})
"""Exit codes after which another attempt would end in the same way."""
LONGEST_PAUSE = 60.0
POLL_SECONDS = 0.2
START_SECONDS = 180.0


class Limits(msgspec.Struct, frozen=True):
    """When an attempt counts as failed, and a run as lost.

    `attempts` is the most attempts in a row that may fail without a further episode. An attempt without a
    heartbeat for `silent_seconds` is ended.
    """

    attempts: int = 5
    silent_seconds: float = 120.0


def drive(
    places: Mapping[str, Place],
    executor: Executor,
    limits: Limits,
    stop: ShutdownSignal,
    show: Callable[[Sequence[RunState], str], None],
) -> list[RunState]:
    """Attempt every run until it is finished or lost, or until `stop` is requested; the states at the end.

    `places` say by name where each run is kept. `show` gets the states after every look, and a
    sentence on why attempts wait.
    """
    states = [_state_of(name, place) for name, place in places.items()]
    by_name = {state.name: state for state in states}
    try:
        while not stop.requested:
            for name, outcome in executor.ended().items():
                _end(by_name[name], places[name], outcome, limits)
            for state in states:
                if state.status == "running":
                    _watch(state, places[state.name], executor, limits)
            for state in states:
                if state.status == "waiting" and state.not_before <= time.monotonic() and executor.free():
                    _begin(state, places[state.name], executor, limits)
            show(states, executor.notice())
            if all(state.status in ("finished", "failed") for state in states):
                break
            stop.wait(POLL_SECONDS)
        executor.ask_to_end()
    finally:
        executor.close()
    for state in states:
        if state.status == "running":
            _settle(state, places[state.name], "stopped")
        if state.status != "finished":
            with contextlib.suppress(StoreError):  # for whoever looks for the cause
                places[state.name].collect()
    show(states, "")
    return states


def _state_of(name: str, place: Place) -> RunState:
    state = RunState(name=name, progress=RunProgress(), status="waiting")
    _settle(state, place, "waiting")
    return state


def _begin(state: RunState, place: Place, executor: Executor, limits: Limits) -> None:
    try:
        state.epoch = place.take_lease()
    except HamletError as error:
        _failed(state, Outcome(error.exit_code, str(error)), limits)
        return
    executor.start(state.name, state.epoch)
    state.status, state.begun_at = "running", time.monotonic()
    state.seen_at, state.seen_beat, state.first_episode = time.monotonic(), 0, None


def _watch(state: RunState, place: Place, executor: Executor, limits: Limits) -> None:
    """Take the progress from a new heartbeat; end an attempt whose heartbeat stands still."""
    now, beat = time.monotonic(), place.read_beat(state.epoch)
    if beat is not None and beat.number != state.seen_beat:
        state.seen_at, state.seen_beat = now, beat.number
        state.advance(beat.progress, now)
    elif now - state.seen_at > (allowed := _allowed(state, limits)):
        executor.kill(state.name)
        silent = f"no heartbeat for {allowed:g} s; the attempt was ended"
        _failed(state, Outcome(AlreadyRunningError.exit_code, silent), limits)


def _allowed(state: RunState, limits: Limits) -> float:
    """How long an attempt may be silent: before its first heartbeat a worker has to be started for it."""
    return limits.silent_seconds if state.seen_beat else max(START_SECONDS, limits.silent_seconds)


def _end(state: RunState, place: Place, outcome: Outcome, limits: Limits) -> None:
    problem = _settle(state, place, "stopped")
    if state.status != "finished":
        _failed(state, Outcome(StoreError.exit_code, problem) if problem else outcome, limits)


def _settle(state: RunState, place: Place, otherwise: Status) -> str:
    """Bring a run that is complete into the directory of the sweep; its status is `otherwise` if it is not.

    Returns why a complete run could not be brought there.
    """
    progress, problem = place.progress(), ""
    state.advance(progress, time.monotonic())
    state.status = otherwise
    if progress.complete:
        try:
            place.collect()
            state.status, state.problem = "finished", ""
        except StoreError as error:
            problem = str(error)
    return problem


def _failed(state: RunState, outcome: Outcome, limits: Limits) -> None:
    """Wait before the next attempt, longer after each failure in a row; give up where it cannot help."""
    if state.progress.episode > state.episode_at_failure:
        state.failures = 0
    state.failures += 1
    state.episode_at_failure = state.progress.episode
    state.problem = f"{_ended(outcome.exit_code)}: {outcome.last_line}".removesuffix(": ")
    if outcome.exit_code in FINAL_CODES or state.failures >= limits.attempts:
        state.status = "failed"
        return
    state.status = "waiting"
    state.not_before = time.monotonic() + min(LONGEST_PAUSE, 2.0 ** (state.failures - 1))


def _ended(exit_code: int | None) -> str:
    if exit_code is None:
        return "lost"
    if exit_code == 0:
        return "asked to end"  # by somebody else than the sweep
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
