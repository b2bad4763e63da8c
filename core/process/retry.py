"""Repeat what fails because of a full or failing disk, until it succeeds or the process is asked to end."""

from collections.abc import Callable
from typing import TypeVar

from core.errors import StoreError
from core.process.notify import notify
from core.process.signals import ShutdownSignal

__all__ = ["retry_while_failing"]

Result = TypeVar("Result")

RETRY_SECONDS = 2.0


def retry_while_failing(
    attempt: Callable[[], Result],
    describe_temporary: Callable[[Exception], str | None],
    warn: Callable[[str], None],
    stop: ShutdownSignal,
) -> Result:
    """Repeat `attempt` every two seconds until it succeeds; a failed `attempt` must leave nothing behind.

    `describe_temporary` gives one clear sentence for a failure that may pass, and None for any other failure,
    which is raised at once. `warn` gets the sentence at the first failure and when the sentence changes, and
    a line when writing works again.

    Raises:
        StoreError: the process was asked to end while waiting.
    """
    warned: str | None = None
    while True:
        try:
            result = attempt()
        except Exception as error:
            problem = describe_temporary(error)
            if problem is None:
                raise
            if problem != warned:
                warn(f"{problem}; waiting, and trying again every {RETRY_SECONDS:g} s")
                warned = problem
            # the supervisor must not take the wait for a hang
            notify(WATCHDOG="1", STATUS=f"waiting: {problem}")
            stop.wait(RETRY_SECONDS)
            if stop.requested:
                raise StoreError(f"{problem}; stopped while waiting for that to pass") from error
        else:
            if warned is not None:
                warn("writing works again; going on")
            return result
