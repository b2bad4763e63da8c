"""The slope of a process's memory, its limit, and when an alarm begins and ends."""

import ctypes
import os
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.process import memory
from core.process.memory import (
    MIB,
    MemorySettings,
    MemoryWatch,
    alarm_of,
    memory_settings,
    system_limit,
    theil_sen,
)

SIZES = st.floats(-1e9, 1e9)
LIMIT = MemorySettings(limit_bytes=1000 * MIB)


@given(level=SIZES, slope=st.floats(-1e6, 1e6), count=st.integers(2, 40))
def test_a_line_has_its_slope(level: float, slope: float, count: int) -> None:
    times = [float(i) for i in range(count)]
    found = theil_sen(times, [level + slope * at for at in times])
    assert found == pytest.approx(slope, rel=1e-6, abs=1e-6)


@given(
    values=st.lists(SIZES, min_size=8, max_size=40),
    slope=st.floats(-1e3, 1e3),
    outlier=st.floats(-1e12, 1e12),
    data=st.data(),
)
def test_noise_bounds_the_slope_and_an_outlier_does_not_move_it_out(
    values: list[float], slope: float, outlier: float, data: st.DataObject
) -> None:
    """Any slope lies between the smallest and the largest of neighbours; one wild sample moves no line."""
    times = [float(i) for i in range(len(values))]
    values = [value + slope * at for value, at in zip(values, times, strict=True)]
    steps = [b - a for a, b in pairwise(values)]
    assert min(steps) - 1e-3 <= theil_sen(times, values) <= max(steps) + 1e-3
    assert theil_sen(times, [-value for value in values]) == pytest.approx(-theil_sen(times, values))
    line = [slope * at for at in times]
    line[data.draw(st.integers(0, len(line) - 1))] = outlier
    assert theil_sen(times, line) == pytest.approx(slope, rel=1e-6, abs=1e-6)


def test_the_alarm_names_what_is_wrong() -> None:
    assert alarm_of(700 * MIB, None, LIMIT) == ""
    assert alarm_of(700 * MIB, 10.0 * MIB, LIMIT) == ""
    assert alarm_of(700 * MIB, -100.0 * MIB, LIMIT) == ""
    assert alarm_of(810 * MIB, None, LIMIT) == "810 MiB of memory are 81% of the limit of 1,000 MiB"
    assert alarm_of(700 * MIB, 20.0 * MIB, LIMIT) == (
        "memory grows by 20 MiB an hour and will reach the limit of 1,000 MiB in 15 h"
    )
    assert alarm_of(700 * MIB, 20.0 * MIB, MemorySettings(1000 * MIB, alarm_hours=10.0)) == ""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="no glibc: nothing is kept")
def test_holes_between_what_is_in_use_are_given_back() -> None:
    process = psutil.Process()
    pieces = [bytearray(50_000) for _ in range(4_000)]
    for piece in pieces:
        piece[::4_096] = b"x" * len(piece[::4_096])
    last = pieces[-1]
    pieces.clear()
    before = process.memory_info().rss
    memory.trim_heap()
    assert before - process.memory_info().rss > 100 * MIB
    assert last[0] == ord("x")


class Process:
    """A process whose memory and clock a test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rss = 100 * MIB
        self.warnings: list[str] = []
        self.watch = MemoryWatch(LIMIT, self.warnings.append, lambda: self.rss, lambda: self.now)

    def run_for(self, minutes: int, mib_per_minute: float) -> memory.Memory:
        for _ in range(minutes * 6):
            self.now += 10.0
            self.rss += int(mib_per_minute / 6 * MIB)
            seen = self.watch.measure()
        return seen


def test_a_leak_is_reported_once_and_its_end_too() -> None:
    process = Process()
    # buffers fill: no slope, however steep
    assert process.run_for(10, 20.0).bytes_per_hour is None
    steady = process.run_for(60, 0.0)
    assert (steady.bytes_per_hour, steady.alarm) == (0.0, "")
    leaking = process.run_for(60, 1.0)
    assert leaking.bytes_per_hour == pytest.approx(60 * MIB, rel=0.02)
    assert "will reach the limit of 1,000 MiB" in leaking.alarm
    assert len(process.warnings) == 1
    assert process.run_for(70, 0.0).alarm == ""
    process.rss = 850 * MIB
    assert "85% of the limit" in process.watch.measure().alarm
    process.rss = 790 * MIB
    assert process.watch.measure().alarm, "within a tenth of the threshold it does not flutter"
    process.rss = 700 * MIB
    assert process.watch.measure().alarm == ""
    assert len(process.warnings) == 2


def test_the_window_is_an_hour() -> None:
    process = Process()
    process.run_for(600, 1.0)
    assert process.run_for(61, 0.0).bytes_per_hour == pytest.approx(0.0, abs=MIB)


def test_the_least_of_all_limits_above_counts(tmp_path: Path) -> None:
    groups, membership = tmp_path / "cgroup", tmp_path / "self"
    inner = groups / "system.slice" / "hamlet.service"
    inner.mkdir(parents=True)
    membership.write_text("0::/system.slice/hamlet.service\n")
    machine = psutil.virtual_memory().total
    assert system_limit(membership, groups) == machine
    (inner / "memory.max").write_text("max\n")
    assert system_limit(membership, groups) == machine
    (inner.parent / "memory.max").write_text("700000000\n")
    assert system_limit(membership, groups) == 700_000_000
    (inner / "memory.max").write_text("500000000\n")
    assert system_limit(membership, groups) == 500_000_000
    old = groups / "memory" / "docker"
    old.mkdir(parents=True)
    (old / "memory.limit_in_bytes").write_text("300000000\n")
    membership.write_text("4:cpu,memory:/docker\n0::/system.slice/hamlet.service\n")
    assert system_limit(membership, groups) == 300_000_000
    assert system_limit(tmp_path / "nowhere", groups) == machine


def test_settings_come_from_the_environment() -> None:
    assert memory_settings({}) == MemorySettings(system_limit(), memory.DEFAULT_ALARM_HOURS)
    given_both = {"HAMLET_MEMORY_LIMIT_MB": "512", "HAMLET_MEMORY_ALARM_HOURS": "6"}
    assert memory_settings(given_both) == MemorySettings(512_000_000, 6.0)
    for wrong in ("a lot", "0", "-1", "inf", "nan"):
        with pytest.raises(ConfigError, match=f"HAMLET_MEMORY_LIMIT_MB: '{wrong}' is no number above 0"):
            memory_settings({"HAMLET_MEMORY_LIMIT_MB": wrong})


def test_a_process_measures_itself_and_its_family() -> None:
    assert memory.own_bytes()() == pytest.approx(psutil.Process(os.getpid()).memory_info().rss, rel=0.1)
    assert memory.family_bytes()() >= 0.9 * memory.own_bytes()()
