"""Progress on a terminal and elsewhere."""

import io

import pytest

from projections.engine import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_with_rate() -> None:
    terminal = Terminal()
    with progress.progress_on(terminal) as report:
        report(500, 1000)
        report(1000, 1000)
    assert "1000/1000" in terminal.getvalue()
    assert "/s" in terminal.getvalue()


def test_elsewhere_plain_lines_come_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    with progress.progress_on(stream) as report:
        for position in (1000, 2000, 3000, 4000):
            now[0] += 3.0
            report(position, 10_000)
    assert stream.getvalue().splitlines() == [
        "2,000/10,000 events, 333/s, 24 s left",
        "4,000/10,000 events, 333/s, 18 s left",
    ]
