"""Memory of a process: how much it holds, how fast that grows, and when to raise an alarm.

Every process measures its own memory. How an alarm is shown is decided where it is shown.
"""

import contextlib
import ctypes
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import msgspec
import psutil

from core.errors import ConfigError

__all__ = [
    "DEFAULT_ALARM_HOURS",
    "MIB",
    "Memory",
    "MemorySettings",
    "MemoryWatch",
    "alarm_of",
    "family_bytes",
    "memory_settings",
    "own_bytes",
    "system_limit",
    "theil_sen",
    "trim_heap",
]

MIB = 2**20

WINDOW_SECONDS = 3600.0
SAMPLE_SECONDS = 60.0
"""A window holds sixty samples: enough for a slope, and a fixed amount of memory."""
WARM_UP_SECONDS = 600.0
"""The first minutes of a process, while its buffers fill, are not sampled."""
LEAST_SAMPLES = 30
"""With fewer samples there is no slope."""
ALARM_SHARE = 0.8
"""Alarm above this part of the limit, whatever the slope."""
DEFAULT_ALARM_HOURS = 24.0
"""Alarm when the slope reaches the limit within this time."""
RELIEF = 0.9
"""An alarm ends when memory, or its slope, is below this part of its threshold: so it does not flicker."""


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """The memory of a process now: resident and limit in bytes, the slope of the last hour in bytes per hour.

    `bytes_per_hour` is None while there are too few samples; `alarm` is a sentence, empty when all is well.
    """

    rss_bytes: int
    limit_bytes: int
    bytes_per_hour: float | None
    alarm: str


class MemorySettings(msgspec.Struct, frozen=True):
    """What a process may use, in bytes, and how many hours ahead the slope is extended."""

    limit_bytes: int
    alarm_hours: float = DEFAULT_ALARM_HOURS


def memory_settings(environment: Mapping[str, str]) -> MemorySettings:
    """Settings from `HAMLET_MEMORY_LIMIT_MB` (without it the system's limit) and `HAMLET_MEMORY_ALARM_HOURS`.

    Raises:
        ConfigError: one of the two variables is no number above 0.
    """
    limit_mb = _number(environment, "HAMLET_MEMORY_LIMIT_MB")
    hours = _number(environment, "HAMLET_MEMORY_ALARM_HOURS")
    limit = system_limit() if limit_mb is None else int(limit_mb * 1_000_000)
    return MemorySettings(limit, DEFAULT_ALARM_HOURS if hours is None else hours)


def _number(environment: Mapping[str, str], name: str) -> float | None:
    text = environment.get(name, "")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.0 < number < float("inf"):
        raise ConfigError(f"{name}: {text!r} is no number above 0; set one, or unset it")
    return number


def system_limit(membership: Path = Path("/proc/self/cgroup"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes this process may use: the least `memory.max` of its control groups, else the machine's memory.

    `membership` is the file that names the process's groups (cgroups(7)), `groups` the folder where they are
    mounted, version 2 or 1.
    """
    limits = [psutil.virtual_memory().total]
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            limits += _limits_above(groups, path, "memory.max")
        elif "memory" in controllers.split(","):
            limits += _limits_above(groups / "memory", path, "memory.limit_in_bytes")
    return min(limits)


def _limits_above(root: Path, path: str, name: str) -> list[int]:
    """The limits of the group at `path` and of all groups that hold it; "max" is none."""
    group = root / path.lstrip("/")
    found = []
    for place in (group, *group.parents):
        if not place.is_relative_to(root):
            break
        try:
            text = (place / name).read_text().strip()
        except OSError:
            continue
        if text.isdecimal():
            found.append(int(text))
    return found


def own_bytes() -> Callable[[], int]:
    """A function that measures the resident memory of this process, in bytes."""
    process = psutil.Process()
    return lambda: int(process.memory_info().rss)


def family_bytes() -> Callable[[], int]:
    """A function that measures the resident memory of this process and all its descendants, in bytes.

    Pages that processes share count in each of them.
    """
    process = psutil.Process()

    def measure() -> int:
        total = process.memory_info().rss
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += child.memory_info().rss
        return int(total)

    return measure


def trim_heap() -> None:
    """Return freed memory to the system, if the C library would keep it (glibc does).

    Threads that make pictures or long responses leave holes in the heap, which otherwise count as resident.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class MemoryWatch:
    """Samples the memory of a process once a minute, over the last hour; calls `warn` when an alarm begins.

    Before each sample freed memory is returned to the system, so that the slope shows only memory in use.
    """

    def __init__(
        self,
        settings: MemorySettings,
        warn: Callable[[str], None],
        measure: Callable[[], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._warn = warn
        self._measure = measure or own_bytes()
        self._clock = clock
        self._due = clock()
        self._warm_at = self._due + WARM_UP_SECONDS
        self._samples: deque[tuple[float, int]] = deque(maxlen=int(WINDOW_SECONDS / SAMPLE_SECONDS))
        self._slope: float | None = None
        self._alarmed = False

    def measure(self) -> Memory:
        """Measure the memory now; cheap enough for every heartbeat."""
        now = self._clock()
        due = now >= self._due
        if due:
            self._due = now + SAMPLE_SECONDS
            trim_heap()
        rss = self._measure()
        if due and now >= self._warm_at:
            self._samples.append((now, rss))
            if len(self._samples) >= LEAST_SAMPLES:
                times, sizes = zip(*self._samples, strict=True)
                self._slope = 3600.0 * theil_sen(times, sizes)
        alarm = alarm_of(rss, self._slope, self._settings, RELIEF if self._alarmed else 1.0)
        if alarm and not self._alarmed:
            self._warn(alarm)
        self._alarmed = bool(alarm)
        return Memory(
            rss_bytes=rss, limit_bytes=self._settings.limit_bytes, bytes_per_hour=self._slope, alarm=alarm
        )


def alarm_of(rss: int, bytes_per_hour: float | None, settings: MemorySettings, part: float = 1.0) -> str:
    """A sentence if `rss` bytes, or their growth, endanger the limit; thresholds are multiplied by `part`."""
    limit = settings.limit_bytes
    if rss > part * ALARM_SHARE * limit:
        return f"{rss / MIB:,.0f} MiB of memory are {rss / limit:.0%} of the limit of {limit / MIB:,.0f} MiB"
    if bytes_per_hour is not None and bytes_per_hour * settings.alarm_hours > part * (limit - rss):
        return (
            f"memory grows by {bytes_per_hour / MIB:,.0f} MiB an hour and will reach the limit of"
            f" {limit / MIB:,.0f} MiB in {(limit - rss) / bytes_per_hour:,.0f} h"
        )
    return ""


def theil_sen(times: Sequence[float], values: Sequence[float]) -> float:
    """The median of the slopes between all pairs of points (Sen 1968); 29 % of outliers do not move it far.

    `times` strictly rising, at least two; in units of a value per unit of time.
    """
    points = zip(times, values, strict=True)
    return statistics.median(
        (later - earlier) / (end - start) for (start, earlier), (end, later) in combinations(points, 2)
    )
