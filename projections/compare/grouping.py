"""Which runs form a group, and which of them are independent.

The unit of a statistic is the seed. Runs that share a history are not independent: a branch and its parent,
two branches of one parent, and two runs of one configuration with one seed. They are one *family*. A group
has at most one run of each family; where several runs of a family have the same value of the key, they form a
group of their own, whose intervals say how much chance after the branch point matters and nothing on seeds.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from core.config import LENGTH_AND_PACE
from core.config_merge import known_or_nearest
from projections.compare.runs import RunData
from projections.engine.route import QueryError

__all__ = ["LAYOUT", "SEED", "Members", "families", "fingerprint", "group_runs", "same_pairs"]

SEED = "experiment.seed"
NAME = "experiment.name"
LAYOUT = "layout"
"""Key of the present layout of the town, which no configuration holds."""
NOT_SET = "(not set)"
EVERYTHING = "configuration"
"""Key of a comparison that groups by the whole configuration except the seed."""
IGNORED = {SEED, NAME, *(f"training.{name}" for name in LENGTH_AND_PACE)}


class Members(NamedTuple):
    """A group: its runs, by run id. `one_history`: they are one family, not independent seeds."""

    label: str
    runs: list[RunData]
    one_history: bool


def fingerprint(data: RunData) -> dict[str, Any]:
    """What decides the learning, except the seed; for a branch with a new layout also that layout."""
    config = {key: value for key, value in data.config.items() if key not in IGNORED}
    if data.run.parent is not None and data.run.parent.layout_changed:
        config[LAYOUT] = data.layout
    return config


def families(runs: Sequence[RunData]) -> dict[str, str]:
    """Run id → the name of its family.

    Branches belong to the family of the run that their history began with. Two runs that are no branches and
    have the same seed and the same configuration are the same experiment twice.
    """
    same: dict[str, str] = {}
    family: dict[str, str] = {}
    for data in sorted(runs, key=lambda data: data.run.run_id):
        root = data.run.root_run_id
        if data.run.parent is None:
            twice = msgspec.json.encode([data.run.seed, fingerprint(data)], order="sorted").decode()
            same.setdefault(twice, root)
            family[root] = same[twice]
    return {data.run.run_id: family.get(data.run.root_run_id, data.run.root_run_id) for data in runs}


def group_runs(runs: Sequence[RunData], key: str | None) -> list[Members]:
    """The groups of the runs by their value of `key`, in the order of their first runs.

    Without a key, runs whose configurations differ in nothing but the seed, the name, the length and the pace
    are a group.

    Raises:
        QueryError: no run has the key.
    """
    label_of = _labels(runs, key)
    family = families(runs)
    groups: dict[str, list[RunData]] = {}
    for data in runs:
        groups.setdefault(label_of[data.run.run_id], []).append(data)
    result: list[Members] = []
    for label, members in groups.items():
        by_family: dict[str, list[RunData]] = {}
        for data in members:
            by_family.setdefault(family[data.run.run_id], []).append(data)
        if len(by_family) == 1:
            result.append(Members(label, members, one_history=len(members) > 1))
            continue
        independent = [found[0] for found in by_family.values() if len(found) == 1]
        if independent:
            result.append(Members(label, independent, one_history=False))
        result += [
            Members(f"{label} · history of {found[0].name}", found, one_history=True)
            for found in by_family.values()
            if len(found) > 1
        ]
    return result


def same_pairs(
    first: Members, second: Members, family: dict[str, str]
) -> tuple[list[tuple[RunData, RunData]], bool]:
    """The pairs of runs with one history if every run of both groups is in a pair, else none.

    The second value says whether any history is in both groups.
    """
    if first.one_history or second.one_history:
        shared = {family[data.run.run_id] for data in first.runs} & {
            family[data.run.run_id] for data in second.runs
        }
        return [], bool(shared) and first.one_history != second.one_history
    of_second = {family[data.run.run_id]: data for data in second.runs}
    pairs = [
        (data, of_second[family[data.run.run_id]])
        for data in first.runs
        if family[data.run.run_id] in of_second
    ]
    if len(pairs) == len(first.runs) == len(second.runs):
        return pairs, True
    return [], bool(pairs)


def _labels(runs: Sequence[RunData], key: str | None) -> dict[str, str]:
    """Run id → the label of its group."""
    if key is None:
        return _labels_of_configurations(runs)
    if key == LAYOUT:
        return {data.run.run_id: data.layout for data in runs}
    known = sorted({name for data in runs for name in data.config} | {LAYOUT})
    if key not in known:
        raise QueryError(f"group by {key}: no run has this key{known_or_nearest(key, known)}")
    return {
        data.run.run_id: f"{key} = {_text(data.config[key])}" if key in data.config else f"{key} {NOT_SET}"
        for data in runs
    }


def _labels_of_configurations(runs: Sequence[RunData]) -> dict[str, str]:
    """Labels that name the keys in which the groups differ."""
    prints = {data.run.run_id: fingerprint(data) for data in runs}
    keys = sorted({key for found in prints.values() for key in found})
    differing = [
        key for key in keys if len({_text(found.get(key, NOT_SET)) for found in prints.values()}) > 1
    ]
    if not differing:
        return dict.fromkeys(prints, "all runs")
    labels: dict[str, str] = {}
    names: dict[str, str] = {}
    for run_id, found in prints.items():
        values = ", ".join(f"{key} = {_text(found.get(key, NOT_SET))}" for key in differing)
        if len(values) > 80:
            values = names.setdefault(values, f"configuration {len(names) + 1}")
        labels[run_id] = values
    return labels


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()
