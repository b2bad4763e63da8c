"""Exercises of the first lecture: chance, curiosity, and how both give way."""

import numpy as np

from projections.pack.exercises.exercise import Exercise, exercise
from projections.pack.exercises.tables import Floats, Tables


def exploration(tables: Tables) -> list[Exercise]:
    """The exercises of a run; those on curiosity only where the run has it."""
    found = [_beginning(tables)]
    if not np.isnan(tables.epsilon).any():
        found.append(_chance(tables))
    if tables.is_curious:
        found += [_reward_of_curiosity(tables), *_half_life(tables), _undiminished(tables)]
    return found


def _beginning(tables: Tables) -> Exercise:
    survival, size = tables.survival, tables.window
    first = survival[:size]
    return exercise(
        step="Predict",
        question=f"How long did an episode last on average in the first {size} episodes?",
        unit="steps",
        tables="episodes",
        value=first.mean(),
        mistakes=[
            (survival.mean(), f"is the mean over all episodes; the question asks the first {size}"),
            (survival[-size:].mean(), f"is the mean of the last {size} episodes, when the agents had learnt"),
            (float(np.median(first)), "is the median; a few long episodes pull the mean away from it"),
            (survival[0], "is the first episode alone; one episode says little"),
            (first.max(), f"is the longest of the first {size} episodes, not their mean"),
            (first.min(), f"is the shortest of the first {size} episodes, not their mean"),
        ],
        why="Most of their actions are random, and still death is not instant: needs sink slowly.",
    )


def _chance(tables: Tables) -> Exercise:
    epsilon, size = tables.epsilon * 100.0, tables.window
    return exercise(
        step="Run",
        question=f"What percentage of the actions was drawn at random at the end of episode {size}?",
        unit="%",
        tables="episodes",
        value=epsilon[size - 1],
        mistakes=[
            (100.0 - epsilon[size - 1], "is the percentage of actions that were *chosen*"),
            (epsilon[0], "is that of the first episode"),
            (epsilon[-1], "is that of the last episode of the run"),
            (epsilon[:size].mean(), f"is the mean over the episodes 1 to {size}; the question asks the end"),
            (epsilon.mean(), "is the mean over the whole run"),
            (epsilon[size - 1] / 100.0, "is the probability; as a percentage it is a hundred times that"),
        ],
        why="Epsilon falls with every step; the table holds its value at the end of each episode.",
    )


def _reward_of_curiosity(tables: Tables) -> Exercise:
    total, extrinsic, intrinsic = tables.total, tables.extrinsic, tables.intrinsic
    return exercise(
        step="Investigate",
        question="How much reward did curiosity add to an episode, on average over the whole run?",
        unit="reward",
        tables="episodes",
        value=(total - extrinsic).mean(),
        mistakes=[
            (intrinsic.mean(), "forgets the weight: the intrinsic reward is recorded without it"),
            ((intrinsic * tables.weight).mean(), "uses the weight at an episode's end for all of its steps"),
            (total.mean(), "is the whole reward; the town's part has to be taken away"),
            (extrinsic.mean(), "is the town's part; the question asks the rest"),
        ],
        why="Each step adds its weight times its intrinsic reward: that is total less extrinsic.",
    )


def _half_life(tables: Tables) -> list[Exercise]:
    weight = tables.weight
    half = _first_at_most(weight, weight[0] / 2)
    if half is None:
        return []
    middle = _first_at_most(weight, (weight[0] + weight[-1]) / 2)
    chance = _first_at_most(tables.epsilon, tables.epsilon[0] / 2)
    least = _first_at_most(weight, weight.min())
    return [
        exercise(
            step="Investigate",
            question="At the end of which episode had the weight of curiosity first lost half of"
            " its beginning?",
            unit="(episode)",
            tables="episodes",
            value=half,
            mistakes=[
                *(
                    [(middle, "is half of the way to the last weight, not half of the first")]
                    if middle
                    else []
                ),
                *([(chance, "is where *epsilon* had lost half: another schedule")] if chance else []),
                (tables.newest / 2, "is the middle of the run: the weight does not fall in a straight line"),
                *([(least, "is where the weight was lowest")] if least else []),
                (float(weight[0] / 2), "is the weight itself; the question asks the episode"),
            ],
            why="No schedule says when: the weight falls when survival has become steady, so it"
            " differs by run.",
        )
    ]


def _undiminished(tables: Tables) -> Exercise:
    total, extrinsic, intrinsic = tables.total, tables.extrinsic, tables.intrinsic
    return exercise(
        step="Modify",
        question="Had the weight been 1 in every step, with the same episodes, what would the mean of an"
        " episode's total reward have been?",
        unit="reward",
        tables="episodes",
        value=(extrinsic + intrinsic).mean(),
        mistakes=[
            (total.mean(), "is what it was, with the weight that fell"),
            ((total + intrinsic).mean(), "counts curiosity twice: the total holds a part of it already"),
            (intrinsic.mean(), "is curiosity's part alone"),
            (extrinsic.mean(), "is the town's part alone: the weight 0"),
        ],
        why="With other rewards the agents would have learnt other things: only a branch shows what they do"
        " then.",
    )


def _first_at_most(values: Floats, level: float) -> float | None:
    """The first episode whose value is at most `level`; None where there is none."""
    found = np.flatnonzero(values <= level)
    return float(found[0] + 1) if found.size else None
