"""The soak finds leaks and nothing else, and really runs; for how long it matters, see `make soak`."""

import csv
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.soak import sampling, verdict
from tests.soak.table import put_into
from tests.support.processes import wait_until

SOAK = Path(__file__).with_name("soak.py")
SECONDS = np.arange(0.0, 3600.0, 5.0)


def noisy(level: float, per_hour: float, noise: float, seed: int = 0) -> list[float]:
    """An hour of a measure with noise that neighbours share, as garbage collection leaves it."""
    random = np.random.default_rng(seed)
    rough = random.normal(0.0, noise, len(SECONDS) + 20)
    smooth = np.convolve(rough, np.ones(20) / 20**0.5, "valid")[: len(SECONDS)]
    return list(level + per_hour * SECONDS / 3600 + smooth)


def judged_leaking(measure: str, values: list[float]) -> bool:
    judged, _ = verdict.judge({"seconds": list(SECONDS), measure: values})
    return verdict.leaks(judged) == [measure]


def test_a_leak_in_noise_is_found_and_a_plateau_is_not() -> None:
    assert judged_leaking("server.rss", noisy(100, 20, 3))
    assert not judged_leaking("server.rss", noisy(100, 0, 3))
    # grows while it warms up, and by one arena later on
    warm_up = list(np.minimum(SECONDS / 900, 1.0) * 300)
    assert not judged_leaking("producer.rss", warm_up)
    step = [200.0 if seconds < 3300 else 232.0 for seconds in SECONDS]
    assert not judged_leaking("server.rss", step)
    assert judged_leaking("server.handles", [40.0 + seconds // 300 for seconds in SECONDS])
    assert not judged_leaking("server.handles", [40.0 + (seconds // 5 % 7 == 0) for seconds in SECONDS])
    assert not judged_leaking("server.threads", [4.0] * len(SECONDS))
    assert not judged_leaking("delay.p99", [math.nan] * len(SECONDS))


def test_a_short_stretch_is_not_judged() -> None:
    columns = {"seconds": list(SECONDS[:60]), "server.rss": noisy(100, 500, 1)[:60]}
    judged, stretch = verdict.judge(columns)
    assert stretch < verdict.LEAST_JUDGED_HOURS
    assert not verdict.leaks(judged)


@settings(max_examples=20)
@given(
    level=st.floats(1.0, 1e4),
    slope=st.floats(-1e3, 1e3),
    count=st.integers(3, 200),
)
def test_a_straight_line_has_its_slope_and_no_uncertainty(level: float, slope: float, count: int) -> None:
    hours = np.linspace(0.0, 1.0, count)
    found = verdict.trend(hours, level + slope * hours)
    for value in (found.slope, found.low, found.high):
        assert value == pytest.approx(slope, rel=1e-6, abs=1e-6)


def test_the_interval_holds_the_true_slope_nineteen_times_in_twenty_or_nearly() -> None:
    """Block bootstraps of short series are somewhat too narrow; 50 series tell 80 % from 95 %."""
    hours = SECONDS / 3600
    held = 0
    for seed in range(50):
        found = verdict.trend(hours, np.array(noisy(100, 10, 1, seed)))
        held += found.low <= 10 <= found.high
    assert held >= 42


def handles(pid: int) -> float:
    return sampling.of_process("it", psutil.Process(pid))["it.handles"]


def test_a_process_that_leaks_memory_and_files_is_caught() -> None:
    leaking = (
        "import time\nkept = []\n"
        "while True:\n    kept += [bytearray(b'x') * 100_000, open('/dev/null')]\n    time.sleep(0.005)"
    )
    process = subprocess.Popen([sys.executable, "-c", leaking])
    columns: dict[str, list[float]] = {}
    try:
        for second in range(15):
            sample = sampling.of_process("it", psutil.Process(process.pid))
            # the process leaks between two samples, however slowly it runs
            wait_until(lambda last=sample["it.handles"]: handles(process.pid) > last + 20)
            # as if a minute lay between two samples
            for name, value in (sample | {"seconds": 60.0 * second}).items():
                columns.setdefault(name, []).append(value)
    finally:
        process.kill()
        process.wait()
    judged, _ = verdict.judge(columns)
    assert set(verdict.leaks(judged)) == {"it.rss", "it.handles"}


def test_samples_of_a_leak_fail_the_command_by_name(tmp_path: Path) -> None:
    samples = tmp_path / "samples.csv"
    columns = {"seconds": SECONDS, "server.rss": noisy(100, 20, 1), "server.handles": [12] * len(SECONDS)}
    with samples.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- soak: begin -->\nold\n<!-- soak: end -->\nafter\n")
    run = subprocess.run(
        [sys.executable, SOAK, "--judge", samples, "--out", tmp_path, "--docs", page],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (1, "leak: server.rss\n")
    assert "| server: file handles | 12 | 12 | 12 | +0.00 | +0.00 to +0.00 | steady |" in run.stdout
    told = page.read_text()
    assert "| leak |" in told
    assert "old" not in told
    assert (told[:7], told[-6:]) == ("before\n", "after\n")
    with pytest.raises(ValueError, match="has no lines"):
        put_into(samples, "")


def test_the_delay_of_a_message_counts_every_transaction_in_it(tmp_path: Path) -> None:
    from core.events import RunStopped
    from core.log import EventLog

    times = iter([100.0, 100.5, 101.0])
    log = EventLog(tmp_path / "events.db", clock=lambda: next(times))
    commits = sampling.Commits(tmp_path / "events.db")
    for _ in range(3):
        log.append([RunStopped(episode=1, reason="signal")] * 2)
    log.close()
    commits.catch_up()
    assert commits.delays(2, 6, 101.25) == [0.75, 0.25]
    assert commits.delays(0, 1, 101.25) == []
    commits.close()


def test_the_whole_system_soaks_for_a_moment(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, SOAK, "--minutes", "0.5", "--every", "2", "--out", tmp_path],
        capture_output=True, text=True, timeout=150,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    with (tmp_path / "samples.csv").open(newline="") as file:
        samples = list(csv.DictReader(file))
    assert float(samples[-1]["episodes"]) > 0
    assert any(float(sample["delay.p50"]) > 0 for sample in samples)
    assert max(float(sample["server.viewers"]) for sample in samples) > 5
    assert "too short to judge" in (tmp_path / "soak.md").read_text()
    assert not (tmp_path / "run").exists()
