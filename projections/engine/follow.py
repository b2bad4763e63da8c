"""Keeps the projectors at the end of the log: feeds new pages to the engine and waits out a failing disk."""

import threading
import time
from collections.abc import Callable

import apsw

from core.log import LogReader
from core.process.sqlite import is_unwritable
from projections.engine.engine import PAGE, Engine, MovedError

HEARTBEAT_SECONDS = 2.0
RETRY_SECONDS = 0.5


def follow(
    engine: Engine,
    log: LogReader,
    stop: threading.Event,
    is_current: Callable[[], bool],
    report: Callable[[Exception | None], None],
) -> None:
    """Keep the projectors at the end of the log until `stop` is set or `is_current` says no.

    A disk that is full or fails is waited out; `report` gets the error each time, and None while all is well.
    """
    committed_at = 0.0
    while not stop.is_set():
        try:
            for page in log.follow(engine.position, stop, PAGE):
                if not is_current():
                    return
                if page.events:
                    engine.project(page.events)
                    report(None)
                elif time.monotonic() - committed_at > HEARTBEAT_SECONDS:
                    engine.commit_heartbeat()
                    report(None)
                    committed_at = time.monotonic()
        except MovedError:
            engine.read_positions()
        except apsw.BusyError:
            # a rebuilt file is being copied in; the batch was rolled back and comes again
            stop.wait(RETRY_SECONDS)
        except (apsw.FullError, apsw.IOError) as error:
            if not is_unwritable(error):
                raise
            report(error)
            stop.wait(RETRY_SECONDS)
