"""Waiting out a full or failing disk: say so, try again, give up only when asked to end."""

from collections.abc import Callable
from typing import TypeVar

from core.errors import StoreError
from core.process.notify import notify
from core.process.signals import Stop

__all__ = ["persistently"]

Result = TypeVar("Result")

RETRY_SECONDS = 2.0


def persistently(
    attempt: Callable[[], Result],
    passing: Callable[[Exception], str | None],
    warn: Callable[[str], None],
    stop: Stop,
) -> Result:
    """Repeat `attempt` until it succeeds; it must leave nothing behind when it fails.

    `passing` tells a failure that may pass (one clear sentence) from one that will not (None, raised at
    once). The sentence goes to `warn` at the first failure and when it changes, and so does the end of it.

    Raises:
        StoreError: the process was asked to end while waiting.
    """
    told: str | None = None
    while True:
        try:
            result = attempt()
        except Exception as error:
            problem = passing(error)
            if problem is None:
                raise
            if problem != told:
                warn(f"{problem}; waiting, and trying again every {RETRY_SECONDS:g} s")
                told = problem
            # waiting is what is wanted here: a watchdog must not take it for a hang
            notify(WATCHDOG="1", STATUS=f"waiting: {problem}")
            stop.sleep(RETRY_SECONDS)
            if stop.requested:
                raise StoreError(f"{problem}; stopped while waiting for that to pass") from error
        else:
            if told is not None:
                warn("writing works again; going on")
            return result
