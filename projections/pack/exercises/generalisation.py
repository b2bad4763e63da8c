"""Exercises of the third lecture: the move, the fall and the way back."""

import numpy as np

from core.definitions import WINDOW, Recovery
from projections.pack.exercises.exercise import Exercise, exercise
from projections.pack.exercises.tables import Floats, Tables, rolling_means


def generalisation(tables: Tables) -> list[Exercise]:
    """The exercises of a run; none without a move, none on the way back without a recovery."""
    moved = tables.recovery.moved_at
    if moved is None or moved < tables.window or tables.newest < moved + tables.window:
        return []
    return [_after(tables, moved), _before(tables, moved), *way_back(tables.survival, tables.recovery)]


def _after(tables: Tables, moved: int) -> Exercise:
    survival, size = tables.survival, tables.window
    return exercise(
        step="Predict",
        question=f"How long did an episode last on average in the first {size} episodes after the move?",
        unit="steps",
        tables="episodes, annotations",
        value=survival[moved : moved + size].mean(),
        mistakes=[
            (survival[moved - size : moved].mean(), f"is the mean of the {size} episodes *before* the move"),
            (survival[moved:].mean(), "is the mean of everything after the move: the way back is in it"),
            (survival[moved], "is the first episode after the move alone"),
            (survival[-size:].mean(), f"is the mean of the last {size} episodes of the run"),
            (survival.mean(), "is the mean of the whole run"),
        ],
        why="What they had learnt was where things are; for some episodes it sends them to empty cells.",
    )


def _before(tables: Tables, moved: int) -> Exercise:
    survival, size = tables.survival, tables.window
    half = size // 2
    return exercise(
        step="Run",
        question=f"And in the {size} episodes before the move?",
        unit="steps",
        tables="episodes, annotations",
        value=survival[moved - size : moved].mean(),
        mistakes=[
            (
                survival[:moved].mean(),
                "is the mean of everything before the move, the first lessons included",
            ),
            (survival[moved - half : moved + half].mean(), "is of a window that spans the move"),
            (survival[moved : moved + size].mean(), f"is the mean of the {size} episodes *after* the move"),
            (survival[moved - 1], "is the last episode before the move alone"),
            (float(tables.run.max_steps), "is the step limit"),
        ],
        why=f"Episode {moved} is the last one in the old town: it belongs to this window.",
    )


def way_back(survival: Floats, recovery: Recovery) -> list[Exercise]:
    """Exercises on the fall and the way back; none where the run has not recovered."""
    moved, before = recovery.moved_at, recovery.before
    if recovery.state != "recovered" or moved is None or before is None or recovery.episodes is None:
        return []
    means = rolling_means(survival, WINDOW)
    wholly = means[moved:]
    back = moved + recovery.episodes
    share = f"{recovery.recovered_at:.0%}"
    fully = np.flatnonzero(wholly[recovery.episodes - WINDOW :] >= before)
    all_of_it = float(recovery.episodes + fully[0]) if fully.size else None
    later = [(all_of_it, f"asks for all of it; the question asks {share}")] if all_of_it is not None else []
    spanning = np.flatnonzero(means[moved - WINDOW + 1 :] >= recovery.recovered_at * before)
    sooner = [(float(spanning[0] + 1), "counts windows that span the move")] if spanning.size else []
    took = float(recovery.episodes)
    begins = (took - WINDOW, "is where the window that is back begins: its mean is known at its end")
    found = [
        exercise(
            step="Investigate",
            question=f"What is the lowest mean of {WINDOW} episodes in a row that lie wholly after the move?",
            unit="steps",
            tables="episodes, annotations",
            value=wholly[: recovery.episodes].min(),
            mistakes=[
                (survival[moved:back].min(), "is the shortest single episode, not a mean"),
                (survival[moved : moved + WINDOW].mean(), f"is the first {WINDOW} after the move"),
                (before, f"is the mean of the {WINDOW} before the move"),
                (survival[moved:].mean(), "is the mean of everything after the move"),
            ],
            why=f"A window that spans the move (after episode {moved}) holds episodes of the old town.",
        ),
        exercise(
            step="Investigate",
            question=f"After how many episodes was survival back at {share} of its mean before the move?",
            unit="episodes",
            tables="episodes, annotations",
            value=took,
            mistakes=[
                (float(back), "is the number of the episode; the question asks how many after the move"),
                begins,
                *later,
                *sooner,
            ],
            why="The first window that is back counts, at its end, of those wholly after the move and drop.",
        ),
    ]
    if all_of_it is None:
        return found
    return [
        *found,
        exercise(
            step="Modify",
            question=f"Change the definition: {share} becomes all of it. After how many episodes was survival"
            " back then?",
            unit="episodes",
            tables="episodes, annotations",
            value=all_of_it,
            mistakes=[
                (took, f"is the number for {share}"),
                (
                    moved + all_of_it,
                    "is the number of the episode; the question asks how many after the move",
                ),
                (all_of_it - WINDOW, begins[1]),
                (float(survival.size - moved), "is all episodes after the move"),
            ],
            why="A recovery is a matter of definition: whoever reports one has to say which.",
        ),
    ]
