"""What the live table of a sweep shows, also on a narrow terminal."""

import io

from rich.console import Console

from producer.sweep.progress import RunProgress
from producer.sweep.run_state import RunState
from producer.sweep.table import drawn

PROBLEM = (
    "exit code 74: error: /data/gamma=0.97,novelty=rnd/seed-1/checkpoints: cannot write there (No space)"
)


def test_progress_survival_time_left_and_the_last_line_of_each_failure_are_shown_at_eighty_columns() -> None:
    running = RunState(
        name="gamma=0.97,novelty=rnd/seed-0",
        progress=RunProgress(4_000, 10_000, 3, 288.4),
        status="running",
        epoch=2,
        first_episode=1_000,
        first_at=0.0,
        newest_at=30.0,
    )
    failed = RunState(
        name="gamma=0.97,novelty=rnd/seed-1",
        progress=RunProgress(1_200, 10_000, 2, 188.4),
        status="failed",
        epoch=5,
        problem=PROBLEM,
    )
    waiting = RunState(name="gamma=0.97,novelty=rnd/seed-2", progress=RunProgress(), status="waiting")
    shown = io.StringIO()
    Console(file=shown, width=80).print(drawn([running, failed, waiting], "no node has room"))
    lines = shown.getvalue().splitlines()
    text = " ".join(" ".join(lines).split())
    assert "3 runs: 1 running, 1 failed, 1 waiting; about" in lines[0]
    assert "running 2 4000/10000 3 288 60 s" in text
    assert "failed 5 1200/10000 2 188 -" in text
    # a break inside a long word leaves no space
    assert PROBLEM.replace(" ", "") in "".join(lines).replace(" ", "")
    assert "no node has room" in text
    assert max(map(len, lines)) <= 80
