"""Exercises of the second lecture: harder when ready."""

import numpy as np

from projections.pack.exercises.exercise import Exercise, exercise
from projections.pack.exercises.tables import Tables, rolling_means

GATE = 0.75
"""The part of the step limit that the gate of the last exercise asks for."""


def curriculum(tables: Tables) -> list[Exercise]:
    """The exercises of a run; those on stages only where the run has reached a second one."""
    found = [_end(tables)]
    if len(tables.stage_starts) > 1:
        found += [_longest_stage(tables), _change(tables)]
    return [*found, _limit(tables), *_gate(tables)]


def _end(tables: Tables) -> Exercise:
    survival, size, limit = tables.survival, tables.window, tables.run.max_steps
    last = survival[-size:]
    early = bool((last < limit).any())
    return exercise(
        step="Predict",
        question=f"How long did an episode last on average in the last {size} episodes?",
        unit="steps",
        tables="episodes",
        value=last.mean(),
        mistakes=[
            (survival.mean(), f"is the mean over all episodes; the question asks the last {size}"),
            (survival[:size].mean(), f"is the mean of the first {size} episodes"),
            (float(np.median(last)), "is the median; the short episodes do not move it"),
            (float(limit), "is the step limit: it would need every single episode to reach it"),
            (survival[-1], "is the last episode alone; one episode says little"),
            (last.min(), f"is the shortest of the last {size} episodes, not their mean"),
            *([(last[last < limit].mean(), "leaves out those that reached the limit")] if early else []),
        ],
        why="The mean is below the limit as long as some episodes end early, however many reach it.",
    )


def _longest_stage(tables: Tables) -> Exercise:
    starts = np.array([*tables.stage_starts, tables.newest + 1], np.float64)
    lengths = np.diff(starts)
    longest = int(lengths.argmax())
    return exercise(
        step="Run",
        question="How many episodes did the longest stage last?",
        unit="episodes",
        tables="episodes, stages",
        value=lengths[longest],
        mistakes=[
            (starts[longest], "is the episode in which it began; the question asks how many it lasted"),
            (starts[longest + 1] - 1, "is the episode in which it ended; take away those before it"),
            (float(longest + 1), "is the number of the stage"),
            (lengths.mean(), "is the mean length of a stage"),
            (float(tables.newest), "is the whole run"),
        ],
        why="Stages end when survival says so, not by a plan: nobody chose this number.",
    )


def _change(tables: Tables) -> Exercise:
    survival, size = tables.survival, tables.window
    start = tables.stage_starts[-1]
    before, after = survival[max(0, start - 1 - size) : start - 1], survival[start - 1 : start - 1 + size]
    previous = tables.stage_starts[-2]
    return exercise(
        step="Investigate",
        question=f"How much did survival change when the newest stage began: the mean of the first {size}"
        f" episodes of the stage, less that of the {size} before it? (A fall is negative.)",
        unit="steps",
        tables="episodes, stages",
        value=after.mean() - before.mean(),
        mistakes=[
            (before.mean() - after.mean(), "has the sign the other way round"),
            (after.mean(), "is the mean afterwards, not the change"),
            (
                survival[start - 1 :].mean() - survival[previous - 1 : start - 1].mean(),
                "compares the two whole stages: what was learnt later is in it, too",
            ),
            (
                survival[start - 1] - survival[start - 2],
                "compares two single episodes: that is mostly chance",
            ),
            (before.mean(), "is the mean before, not the change"),
        ],
        why="A harder question makes the same agents look worse; the curve alone does not tell which it was.",
    )


def _limit(tables: Tables) -> Exercise:
    survival, size, limit = tables.survival, tables.window, tables.run.max_steps
    reached = survival >= limit
    last = reached[-size:]
    return exercise(
        step="Investigate",
        question=f"What percentage of the last {size} episodes reached the step limit of {limit}?",
        unit="%",
        tables="episodes",
        value=100.0 * last.mean(),
        mistakes=[
            (100.0 * reached.mean(), f"is that of the whole run; the question asks the last {size}"),
            (100.0 - 100.0 * last.mean(), "is the percentage that ended *before* the limit"),
            (100.0 * survival[-size:].mean() / limit, "is mean survival as a part of the limit, not a share"),
            (float(last.mean()), "is the share; as a percentage it is a hundred times that"),
            (100.0 * reached[:size].mean(), f"is that of the first {size} episodes"),
        ],
        why="A mean hides this: the same mean may come from many short lives or from a few very short ones.",
    )


def _gate(tables: Tables) -> list[Exercise]:
    survival, size = tables.survival, tables.window
    gate = tables.run.max_steps * GATE
    passed = np.flatnonzero(rolling_means(survival, size) >= gate)
    if not passed.size:
        return []
    alone, whole = np.flatnonzero(survival >= gate), np.flatnonzero(survival >= tables.run.max_steps)
    return [
        exercise(
            step="Modify",
            question=f"If one gate alone had opened as soon as the mean of {size} episodes in a row"
            f" was {gate:g}"
            " steps or more, after which episode would it have opened?",
            unit="(episode)",
            tables="episodes",
            value=float(passed[0] + size),
            mistakes=[
                (float(passed[0] + 1), "is where that window begins: its mean is known at its end"),
                *(
                    [(float(alone[0] + 1), "is the first single episode that was so long")]
                    if alone.size
                    else []
                ),
                *(
                    [(float(whole[0] + 1), "is the first episode that reached the limit")]
                    if whole.size
                    else []
                ),
                (float(size), "is the length of the window: a mean of that many can be too low still"),
                (float(tables.stage_starts[-1]), "is where the newest stage began"),
            ],
            why="A gate that looks at one lucky episode opens too soon; a window makes it wait for a habit.",
        )
    ]
