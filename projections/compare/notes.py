"""Sentences beside a comparison: what in it is not comparable, not independent, or not there."""

from collections.abc import Sequence

from core.definitions import WINDOW
from projections.compare.grouping import Members, same_pairs
from projections.compare.runs import RunData
from projections.compare.statistics import ENOUGH

__all__ = ["notes_on"]

MANY = 4
"""Groups from which on the best one is likely to be the luckiest one."""


def notes_on(runs: Sequence[RunData], groups: Sequence[Members], family: dict[str, str]) -> list[str]:
    """What a reader must know, one sentence each."""
    return [
        *_on_towns(runs),
        *_on_lengths(runs),
        *(sentence for members in groups for sentence in _on_group(members)),
        *_on_pairs(groups, family),
        *_on_recovery(groups),
        *_on_many(groups),
    ]


def _on_towns(runs: Sequence[RunData]) -> list[str]:
    first = runs[0].run
    differing = [
        data.name
        for data in runs[1:]
        if (data.run.meters, data.run.affordances, data.run.max_steps)
        != (first.meters, first.affordances, first.max_steps)
    ]
    if not differing:
        return []
    return [
        f"{_listed(differing)} and {runs[0].name} live in different towns (meters, affordances or limit of"
        " steps), so their survival does not measure the same."
    ]


def _on_lengths(runs: Sequence[RunData]) -> list[str]:
    shortest = [data for data in runs if data.episodes < WINDOW]
    unfinished = [data for data in runs if WINDOW <= data.episodes < data.run.num_episodes]
    notes = []
    if shortest:
        names = _listed([data.name for data in shortest])
        notes.append(f"Fewer than {WINDOW} episodes: {names}; final survival and uses are absent there.")
    if unfinished:
        names = _listed(
            [f"{data.name} ({data.episodes:,} of {data.run.num_episodes:,} episodes)" for data in unfinished]
        )
        notes.append(f"Not finished: {names}; the final figures are those of the newest {WINDOW} episodes.")
    return notes


def _on_group(members: Members) -> list[str]:
    n = len(members.runs)
    if members.one_history:
        return [
            f"The {n} runs of the group “{members.label}” share a history (branches of one run, or one seed"
            " twice): they are not independent seeds, and their intervals say only how much chance after the"
            " branch point matters."
        ]
    if n < ENOUGH:
        runs = "one run" if n == 1 else f"{n} runs"
        return [f"Too few seeds in the group “{members.label}”: {runs}; a verdict needs {ENOUGH}."]
    return []


def _on_pairs(groups: Sequence[Members], family: dict[str, str]) -> list[str]:
    notes = []
    for members in groups[1:]:
        pairs, shared = same_pairs(members, groups[0], family)
        if pairs:
            notes.append(
                f"The groups “{members.label}” and “{groups[0].label}” are compared in {len(pairs)} pairs of"
                " runs with one history each."
            )
        elif shared or members.one_history != groups[0].one_history:
            notes.append(
                f"No verdict on “{members.label}” against “{groups[0].label}”: runs share a history across"
                " the groups or within one of them."
            )
    return notes


def _on_recovery(groups: Sequence[Members]) -> list[str]:
    notes = []
    for members in groups:
        moved = [data for data in members.runs if data.recovery.moved_at is not None]
        back = [data for data in moved if data.recovery.state == "recovered"]
        no_drop = [data for data in moved if data.recovery.state == "no drop"]
        if moved and len(back) < len(moved):
            kept = f", {len(no_drop)} did not drop" if no_drop else ""
            notes.append(
                f"Recovery time in the group “{members.label}” counts {len(back)} of {len(moved)} runs,"
                f" those that dropped and came back{kept}; the others have no recovery time."
            )
    return notes


def _on_many(groups: Sequence[Members]) -> list[str]:
    if len(groups) < MANY:
        return []
    return [
        f"The best of {len(groups)} groups looks better than it is, by chance alone; run it again on fresh"
        " seeds before you believe it."
    ]


def _listed(names: Sequence[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
