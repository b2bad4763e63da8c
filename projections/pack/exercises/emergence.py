"""Exercises of the fourth lecture: habits, ends and rules that find them."""

import numpy as np

from projections.pack.exercises.exercise import Exercise, exercise
from projections.pack.exercises.tables import Tables, Uses


def emergence(tables: Tables) -> list[Exercise]:
    """The exercises of a run; those on habits only where affordances were used one after the other."""
    habits = [_habit(tables), _uses(tables), _kinds_of_pairs(tables)] if tables.late.total else []
    return [*habits, *_end(tables), _rule(tables)]


def _habit(tables: Tables) -> Exercise:
    pair = max(tables.late.pairs, key=lambda pair: tables.late.pairs[pair])
    percent = 100.0 * _share(tables.late, pair)
    most_early = max(tables.early.pairs.values(), default=0)
    return exercise(
        step="Predict",
        question=f"In the last {tables.window} episodes, what percentage of all uses that followed"
        " another use"
        f" were {pair[1]} straight after {pair[0]}?",
        unit="%",
        tables="visits",
        value=percent,
        mistakes=[
            (100.0 * _share(tables.early, pair), f"is the percentage in the first {tables.window} episodes"),
            (100.0 * _share(tables.whole, pair), "is the percentage over the whole run"),
            (float(tables.late.pairs[pair]), "is how often it was, not the percentage"),
            (100.0 / max(1, len(tables.run.affordances) ** 2), "is what chance would give, all pairs alike"),
            (percent / 100.0, "is the share; as a percentage it is a hundred times that"),
            (100.0 * most_early / max(1, tables.early.total), "is of the most used pair of the beginning"),
        ],
        why="Nobody rewards this order: it is short, and it keeps the needs from running out.",
    )


def _uses(tables: Tables) -> Exercise:
    size, late = tables.window, tables.late.total
    steps = tables.survival[-size:].sum()
    return exercise(
        step="Run",
        question="How many uses followed another use in an episode, on average over the last"
        f" {size} episodes?",
        unit="uses",
        tables="visits, episodes",
        value=late / size,
        mistakes=[
            (float(late), f"is the sum over all {size} episodes"),
            (tables.early.total / size, f"is that of the first {size} episodes"),
            (tables.whole.total / tables.newest, "is that of the whole run"),
            (100.0 * late / steps, "is per hundred steps, not per episode"),
            (steps / late, "is the steps for each use"),
        ],
        why="Longer episodes have more uses: to compare skill, divide by the steps, not by the episodes.",
    )


def _kinds_of_pairs(tables: Tables) -> Exercise:
    places = len(tables.run.affordances)
    return exercise(
        step="Investigate",
        question=f"How many different pairs (one affordance straight after another) were used in the last"
        f" {tables.window} episodes?",
        unit="pairs",
        tables="visits",
        value=float(len(tables.late.pairs)),
        mistakes=[
            (float(places**2), "is every pair that is possible; some are never used"),
            (float(places), "is the number of affordances, not of pairs"),
            (float(len(tables.early.pairs)), f"is that of the first {tables.window} episodes"),
            (float(len(tables.whole.pairs)), "is that of the whole run"),
            (
                float(len({frozenset(pair) for pair in tables.late.pairs})),
                "takes a pair and its reverse for one: the order counts",
            ),
            (float(tables.late.total), "counts the uses, not the kinds of pairs"),
        ],
        why="Few pairs with most of the uses are a routine; many with a few each are a search.",
    )


def _end(tables: Tables) -> list[Exercise]:
    causes = np.array(tables.causes)
    last, size = causes[-tables.window :], tables.window
    died = last[last != "limit"]
    if not died.size:
        return []
    names, counts = np.unique(died, return_counts=True)
    cause = str(names[counts.argmax()])
    share = 100.0 * (last == cause).mean()
    all_died = causes[causes != "limit"]
    return [
        exercise(
            step="Investigate",
            question=f"What percentage of the last {size} episodes ended because of {cause}?",
            unit="%",
            tables="episode_details",
            value=share,
            mistakes=[
                (100.0 * (died == cause).mean(), "is of the episodes that ended early, not of all of them"),
                (100.0 * (causes == cause).mean(), "is of the whole run"),
                (100.0 * (all_died == cause).mean(), "is of all early ends of the whole run"),
                (100.0 * (causes[:size] == cause).mean(), f"is of the first {size} episodes"),
                (100.0 * died.size / last.size, "is of every early end, whatever its cause"),
                (share / 100.0, "is the share; as a percentage it is a hundred times that"),
            ],
            why="Ask of what a percentage is: the same number of ends is a small part of one, a"
            " large of another.",
        )
    ]


def _rule(tables: Tables) -> Exercise:
    last, size = tables.survival[-tables.window :], tables.window
    line = last.mean() / 2

    def below(level: float) -> float:
        return float((last < level).sum())

    return exercise(
        step="Modify",
        question=f"Make a rule: an episode of the last {size} is *odd* if it lasts less than half"
        " of their mean."
        " How many does the rule find?",
        unit="episodes",
        tables="episodes",
        value=below(line),
        mistakes=[
            (below(tables.survival.mean() / 2), "takes the mean of the whole run"),
            (below(float(np.median(last)) / 2), "takes half of the median"),
            (below(tables.run.max_steps / 2), "takes half of the step limit"),
            (below(last.mean()), "takes the mean itself, not half of it"),
            (float((tables.survival < line).sum()), f"looks at the whole run, not at the last {size}"),
            (float(size), "is all of them: a rule that finds everything finds nothing"),
        ],
        why="Look at what the rule finds before you believe it: how many of them would you call odd"
        " yourself?",
    )


def _share(uses: Uses, pair: tuple[str, str]) -> float:
    return uses.pairs.get(pair, 0) / max(1, uses.total)
