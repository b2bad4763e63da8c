"""A consistent copy of the log while the trainer goes on appending to it.

The copy is a log like the original: guards, index and application id included. Read models are not copied;
they can be rebuilt from it.
"""

from collections.abc import Callable
from pathlib import Path

import apsw

from core.errors import StoreError
from core.log import LogReader
from core.process.files import atomic_replace
from core.process.sqlite import open_reader, why

PAGES = 5_000
"""Pages copied at a time, 20 MB."""

Progress = Callable[[int, int], None]
"""Called with (pages copied, pages in all)."""


def backup(events: Path, out: Path, progress: Progress | None = None) -> int:
    """Copy the log `events` to `out`, which appears whole; give the position it reaches to.

    One read transaction sees one moment of the log; appends go on beside it.

    Raises:
        StoreError: `out` is there already, the log cannot be read, or the copy cannot be written or is not
            whole; nothing is left behind.
    """
    if out.exists():
        raise StoreError(f"{out}: exists already; name a file that does not")
    LogReader(events).close()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_replace(out) as unfinished:
            _copy(events, unfinished, progress)
            return _checked(unfinished)
    except (apsw.Error, OSError) as error:
        raise StoreError(f"{out}: cannot be written ({why(error)})") from error


def _copy(events: Path, unfinished: Path, progress: Progress | None) -> None:
    source = open_reader(events)
    target = apsw.Connection(str(unfinished))
    try:
        # one snapshot for the whole copy: without it, every append would restart the copy
        source.execute("BEGIN")
        source.execute("SELECT max(position) FROM events").fetchall()
        with target.backup("main", source, "main") as copying:
            while not copying.done:
                copying.step(PAGES)
                if progress is not None:
                    progress(copying.page_count - copying.remaining, copying.page_count)
        source.execute("COMMIT")
        # a single file: its WAL would have to travel with it
        target.pragma("journal_mode", "delete")
    finally:
        target.close()
        source.close()


def _checked(copy: Path) -> int:
    """The copy must be a sound log; give its newest position."""
    connection = open_reader(copy)
    try:
        problem = connection.execute("PRAGMA quick_check(1)").get
        if problem != "ok":
            raise StoreError(
                f"{copy}: the copy is damaged ({problem}); `projections doctor` looks at the log"
            )
    finally:
        connection.close()
    log = LogReader(copy)
    try:
        return log.head()
    finally:
        log.close()
