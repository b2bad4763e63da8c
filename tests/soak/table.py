"""A soak's figures as Markdown, and into the page between its markers."""

from collections.abc import Sequence
from pathlib import Path

from tests.soak.verdict import LEAST_JUDGED_HOURS, Judged

BEGIN, END = "<!-- soak: begin -->", "<!-- soak: end -->"

TITLES = {
    "producer": "trainer",
    "projections": "projector",
    "server": "server",
    "snapshots": "snapshot worker",
    "browser": "its browser",
    "tabs": "browser of the tabs",
    "dashboard": "dashboard tab",
    "stream": "stream tab",
    "log": "log",
    "read_model": "read model",
    "delay": "event to viewer",
    "seek": "seek to answer",
    "http": "HTTP round trip",
}
KINDS = {
    "rss": "resident memory",
    "own": "memory of their own",
    "handles": "file handles",
    "threads": "threads",
    "connections": "connections",
    "processes": "processes",
    "wal": "write-ahead log",
    "heap": "JavaScript heap",
    "nodes": "DOM nodes",
    "listeners": "event listeners",
    "busy": "main thread at work",
    "p50": "median",
    "p99": "99th percentile",
}


def markdown(facts: dict[str, str], judged: Sequence[Judged], stretch_hours: float) -> str:
    """The facts as a list, the measures as a table."""
    lines = [f"- {what}: {figure}" for what, figure in facts.items()]
    lines += [
        f"- slopes over the last {stretch_hours * 60:.0f} minutes of it",
        "",
        "| measure | at first | at last | largest | slope per hour | 95 % interval | |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    lines += [_row(one, stretch_hours) for one in judged]
    return "\n".join(lines)


def _row(one: Judged, stretch_hours: float) -> str:
    role, _, kind = one.measure.rpartition(".")
    found, unit = one.trend, one.rule.unit
    digits = 1 if unit in {"MiB", "%"} else 0
    first, last, largest = (f"{value:,.{digits}f}" for value in (found.first, found.last, found.largest))
    slope, low, high = (f"{value:+,.2f}" for value in (found.slope, found.low, found.high))
    word = "leak" if one.leak else "steady"
    if stretch_hours < LEAST_JUDGED_HOURS:
        word = "too short to judge"
    name = f"{TITLES.get(role, role)}: {KINDS[kind]}{f', {unit}' if unit else ''}"
    return f"| {name} | {first} | {last} | {largest} | {slope} | {low} to {high} | {word} |"


def put_into(page: Path, text: str, begin_line: str = BEGIN, end_line: str = END) -> None:
    """Replace what stands between two lines of a page.

    Raises:
        ValueError: the page has no such markers.
    """
    before, begin, rest = page.read_text().partition(begin_line)
    _, end, after = rest.partition(end_line)
    if not (begin and end):
        raise ValueError(f"{page}: has no lines {begin_line} and {end_line} to put the table between")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}")
