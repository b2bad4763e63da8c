"""A consistent copy of the log while the trainer goes on appending to it.

The copy is a log like the original: guards, index and application id included. Read models are not copied;
they can be rebuilt from it.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import apsw

from core.errors import StoreError
from core.log import LogReader
from core.process.files import atomic_replace
from core.process.sqlite import open_reader, why
from core.process.whole_file import close_reader

PAGES = 5_000
"""Pages copied at a time, 20 MB."""

Progress = Callable[[int, int], None]
"""Called with (pages copied, pages in all)."""


def backup(events: Path, out: Path, progress: Progress | None = None, keep: int = 1) -> int:
    """Copy the log `events` to `out`, which appears whole; give the position it reaches to.

    One read transaction sees one moment of the log; appends go on beside it. `out` may be an older copy of
    the same log, which is replaced as a whole. With `keep` above 1 the copies before it stay as `out.1` (the
    one before), `out.2`, …, `keep` copies together.

    Raises:
        StoreError: `out` is anything but an older copy of this log, the log cannot be read, or the copy
            cannot be written or is not whole; `out` is as it was and nothing is left behind.
    """
    LogReader(events).close()
    if out.exists():
        _require_older_copy(events, out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_replace(out) as unfinished:
            _copy(events, unfinished, progress)
            position = _checked(unfinished)
            _move_older(out, keep)
            return position
    except (apsw.Error, OSError) as error:
        raise StoreError(f"{out}: cannot be written ({why(error)})") from error


def _require_older_copy(events: Path, out: Path) -> None:
    """Replacing must lose nothing: the newest event of `out` has to be in the log, at the same position."""
    if out.samefile(events):
        raise StoreError(f"{out}: is the log itself; name another file")
    try:
        copy = LogReader(out)
    except StoreError as error:
        raise StoreError(f"{out}: exists and is no copy of a log ({error}); name another file") from error
    log = LogReader(events)
    try:
        head = copy.head()
        for position in (1, head) if head else ():
            if copy.read(position - 1, 1, position) != log.read(position - 1, 1, position):
                raise StoreError(
                    f"{out}: is not an older copy of {events} (their events at position {position} differ);"
                    " it was left as it is: name another file, or move it away"
                )
    finally:
        copy.close()
        log.close()


def _move_older(out: Path, keep: int) -> None:
    """Keep the copy at `out` as `out.1` and so on; `out` itself stays until it is replaced."""
    if keep == 1 or not out.exists():
        return
    for number in range(keep - 1, 1, -1):
        older = out.with_name(f"{out.name}.{number - 1}")
        if older.exists():
            older.replace(out.with_name(f"{out.name}.{number}"))
    with atomic_replace(out.with_name(f"{out.name}.1")) as second_name:
        try:
            second_name.hardlink_to(out)
        except OSError:
            # a file system without hard links
            shutil.copyfile(out, second_name)


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
        close_reader(source, events)


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
