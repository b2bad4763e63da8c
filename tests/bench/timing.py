"""Timing of work in turns, on any device, and tables of the results."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

Row = dict[str, Any]


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """Time one call, to the end of what it put on the device."""
    wait_for(device)
    began = time.perf_counter()
    work()
    wait_for(device)
    return time.perf_counter() - began


def wait_for(device: torch.device) -> None:
    """Wait until the device has computed what it was given; a CPU never has anything left."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def in_turns(
    works: dict[str, Callable[[], object]], rounds: int, device: torch.device
) -> dict[str, list[float]]:
    """Time each work once a round; returns the seconds of every round, by work."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(seconds(work, device))
    return times


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column is aligned to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    print(f"\n{title}")
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        print("  " + "  ".join(cells))
