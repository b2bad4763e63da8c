"""Progress of a long projection: a bar on a terminal, a plain line now and then elsewhere."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_EVERY_SECONDS = 5.0


@contextlib.contextmanager
def progress_on(stream: TextIO, unit: str = "events") -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, to do) that shows how far it is; `unit` is what is counted."""
    if stream.isatty():
        with _bar(stream, unit) as report:
            yield report
    else:
        yield _lines(stream, unit)


@contextlib.contextmanager
def _bar(stream: TextIO, unit: str) -> Iterator[Callable[[int, int], None]]:
    started = time.monotonic()
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit}, {{task.fields[rate]:,.0f}}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task("", total=None, rate=0.0)

        def report(position: int, head: int) -> None:
            rate = position / max(time.monotonic() - started, 1e-3)
            bar.update(task, completed=position, total=head, rate=rate)

        yield report


def _lines(stream: TextIO, unit: str) -> Callable[[int, int], None]:
    started = printed_at = time.monotonic()

    def report(position: int, head: int) -> None:
        nonlocal printed_at
        now = time.monotonic()
        if now - printed_at >= LINE_EVERY_SECONDS:
            printed_at = now
            rate = position / (now - started)
            left = (head - position) / rate
            print(f"{position:,}/{head:,} {unit}, {rate:,.0f}/s, {left:.0f} s left", file=stream, flush=True)

    return report
