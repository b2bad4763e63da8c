"""How a sweep stands, on the terminal: a live table, or a line for each change where there is no terminal."""

import logging
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from producer.sweep.run_state import RunState

__all__ = ["LiveTable", "summary"]

logger = logging.getLogger(__name__)

MOST_ROWS = 40
"""Rows of the live table; of many runs those are shown that something happens to."""
ORDER = ("running", "failed", "stopped", "waiting", "finished")


class LiveTable:
    """Shows the states of a sweep for the length of a `with` block; see `show`."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._told: dict[str, tuple[str, int, str]] = {}
        self._notice = ""

    def __enter__(self) -> "LiveTable":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, states: Sequence[RunState], notice: str) -> None:
        """Draw the table anew; without a terminal log what has changed."""
        if self._live is not None:
            self._live.update(drawn(states, notice), refresh=True)
            return
        if notice and notice != self._notice:
            logger.warning("%s", notice)
        self._notice = notice
        for state in states:
            now = (state.status, state.epoch, state.problem)
            if self._told.get(state.name, ("waiting", 0, "")) != now:
                self._told[state.name] = now
                (logger.warning if state.problem and state.status != "running" else logger.info)(
                    "%s", _line(state)
                )


def drawn(states: Sequence[RunState], notice: str) -> RenderableType:
    """The table, with the summary above it, and below it what failed last of each run."""
    table = Table(box=None, pad_edge=False)
    table.add_column("run", overflow="fold")  # on a narrow terminal only the names are broken
    for heading in ("state", "attempt", "episodes", "stage", "survival", "left"):
        table.add_column(heading, justify="left" if heading == "state" else "right", no_wrap=True)
    ordered = sorted(states, key=lambda state: ORDER.index(state.status))
    for state in ordered[:MOST_ROWS]:
        table.add_row(*map(Text, _cells(state)))
    problems = [
        Text(f"{state.name}: {state.problem}")
        for state in ordered[:MOST_ROWS]
        if state.problem and state.status != "finished"
    ]
    below = [Text(f"and {len(ordered) - MOST_ROWS} more runs")] if len(ordered) > MOST_ROWS else []
    waits = [Text(notice)] if notice else []
    return Group(Text(summary(states)), table, *below, *problems, *waits)


def summary(states: Sequence[RunState]) -> str:
    """How many runs are in which state, and how long the rest may take, in one line."""
    counts = [
        f"{count} {status}" for status in ORDER if (count := sum(state.status == status for state in states))
    ]
    speeds = [speed for state in states if state.status == "running" and (speed := state.episodes_per_second)]
    planned = [state.progress.planned for state in states if state.progress.planned is not None]
    rest = [state for state in states if state.status in ("running", "waiting")]
    if not speeds or not rest or not planned:
        return f"{len(states)} runs: {', '.join(counts)}"
    usual = max(planned)  # of a run that has not begun nothing else is known
    episodes = sum((state.progress.planned or usual) - state.progress.episode for state in rest)
    return f"{len(states)} runs: {', '.join(counts)}; about {_span(episodes / sum(speeds))} left"


def _cells(state: RunState) -> tuple[str, ...]:
    progress = state.progress
    return (
        state.name,
        state.status,
        str(state.epoch) if state.epoch else "-",
        f"{progress.episode}/{progress.planned}" if progress.planned is not None else "-",
        str(progress.stage) if progress.stage is not None else "-",
        f"{progress.survival:.0f}" if progress.survival is not None else "-",
        _span(state.seconds_left) if state.seconds_left is not None else "-",
    )


def _line(state: RunState) -> str:
    progress = state.progress
    reached = f", episode {progress.episode} of {progress.planned}" if progress.planned is not None else ""
    survival = f", survival {progress.survival:.0f} steps" if progress.survival is not None else ""
    attempt = f", attempt {state.epoch}" if state.epoch else ""
    return f"{state.name}: {state.status}{attempt}{reached}{survival}" + (
        f" ({state.problem})" if state.problem else ""
    )


def _span(seconds: float) -> str:
    if seconds < 100.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 6_000.0 else f"{seconds / 3_600.0:.1f} h"
