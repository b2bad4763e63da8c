"""Exercises on one run: questions with the right value, and the values that known misconceptions lead to.

All values are computed from the run's own tables, so that every student has questions, answers and mistakes
of the own run.
"""

import apsw
import msgspec
import numpy as np
import numpy.typing as npt

from core.definitions import WINDOW, Recovery
from projections.readmodels.episodes import newest_episode
from projections.readmodels.run import read_run
from projections.state import read_state

Floats = npt.NDArray[np.float64]

CLOSE = 0.01
"""An answer within this part of a value is that value; values nearer than twice that look the same."""


class Mistake(msgspec.Struct, frozen=True):
    """A value that a misconception leads to, and what to say to whoever gives it."""

    value: float
    words: str


class Exercise(msgspec.Struct, frozen=True, kw_only=True):
    """A question whose answer is a number, in `unit`; `tables` names the files of the notebook to use.

    `step` is the step of predict, run, investigate. `tolerance` is the distance at which an answer still
    counts, of the right value and of the mistakes. `why` explains the right answer.
    """

    step: str
    question: str
    unit: str
    tables: str
    value: float
    tolerance: float
    mistakes: list[Mistake]
    why: str


def exercises_of(connection: apsw.Connection) -> list[Exercise]:
    """The exercises of a run: six, less two without a recovery to measure, less one without curiosity."""
    run, state, newest = read_run(connection), read_state(connection), newest_episode(connection)
    if run is None or state is None:
        return []
    rows = connection.execute(
        "SELECT survival_time, total_reward, extrinsic_reward, coalesce(intrinsic_reward, 0),"
        " coalesce(intrinsic_weight, 0) FROM episodes ORDER BY episode_id"
    ).fetchall()
    columns = np.array(rows, np.float64).T
    size = max(1, min(WINDOW, newest // 2))
    found = [
        _beginning(columns[0], size),
        _end(columns[0], size, run.max_steps),
        *([_curiosity(columns)] if run.novelty != "none" else []),
        _limit(columns[0], size, run.max_steps),
    ]
    return [*found, *_move(columns[0], state.recovery)]


def _beginning(survival: Floats, size: int) -> Exercise:
    first = survival[:size]
    return _exercise(
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
        ],
        why="Most of their actions are random, and still death is not instant: needs sink slowly.",
    )


def _end(survival: Floats, size: int, limit: int) -> Exercise:
    last = survival[-size:]
    return _exercise(
        step="Predict",
        question=f"And in the last {size} episodes?",
        unit="steps",
        tables="episodes",
        value=last.mean(),
        mistakes=[
            (survival.mean(), f"is the mean over all episodes; the question asks the last {size}"),
            (survival[:size].mean(), f"is the mean of the first {size} episodes"),
            (float(np.median(last)), "is the median; the short episodes do not move it"),
            (float(limit), "is the step limit: it would need every single episode to reach it"),
        ],
        why="The mean is below the limit as long as some episodes end early, however many reach it.",
    )


def _curiosity(columns: Floats) -> Exercise:
    _, total, extrinsic, intrinsic, weight = columns
    return _exercise(
        step="Investigate",
        question="How much reward did curiosity add to an episode, on average over the whole run?",
        unit="reward",
        tables="episodes",
        value=(total - extrinsic).mean(),
        mistakes=[
            (intrinsic.mean(), "forgets the weight: the intrinsic reward is recorded without it"),
            ((intrinsic * weight).mean(), "uses the weight at the end of an episode for all of its steps"),
            (total.mean(), "is the whole reward; the town's part has to be taken away"),
            (extrinsic.mean(), "is the town's part; the question asks the rest"),
        ],
        why="Each step adds its weight times its intrinsic reward: that is total less extrinsic.",
    )


def _limit(survival: Floats, size: int, limit: int) -> Exercise:
    reached = survival >= limit
    last = reached[-size:]
    return _exercise(
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
        ],
        why="A mean hides this: the same mean may come from many short lives or from a few very short ones.",
    )


def _move(survival: Floats, recovery: Recovery) -> list[Exercise]:
    """Two exercises on the move; none where there was no move with a recovery."""
    moved, before = recovery.moved_at, recovery.before
    if recovery.state != "recovered" or moved is None or before is None or recovery.episodes is None:
        return []
    means = np.convolve(survival, np.full(WINDOW, 1.0 / WINDOW), "valid")
    # means[i] is of the episodes i + 1 to i + WINDOW
    wholly = means[moved:]
    back = moved + recovery.episodes
    share = f"{recovery.recovered_at:.0%}"
    fully = np.flatnonzero(wholly[recovery.episodes - WINDOW :] >= before)
    later = (
        [(float(recovery.episodes + fully[0]), f"asks for all of it; the question asks {share}")]
        if fully.size
        else []
    )
    spanning = np.flatnonzero(means[moved - WINDOW + 1 :] >= recovery.recovered_at * before)
    sooner = [(float(spanning[0] + 1), "counts windows that span the move")] if spanning.size else []
    return [
        _exercise(
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
        _exercise(
            step="Investigate",
            question=f"After how many episodes was survival back at {share} of its mean before the move?",
            unit="episodes",
            tables="episodes, annotations",
            value=float(recovery.episodes),
            mistakes=[
                (float(back), "is the number of the episode; the question asks how many after the move"),
                (
                    float(recovery.episodes - WINDOW),
                    "is where the window that is back begins: it must end before its mean is known",
                ),
                *later,
                *sooner,
            ],
            why="The first window that is back counts, at its end, of those wholly after the move and drop.",
        ),
    ]


def _exercise(
    *,
    step: str,
    question: str,
    unit: str,
    tables: str,
    value: float,
    mistakes: list[tuple[float, str]],
    why: str,
) -> Exercise:
    """An exercise; a mistake that leads to nearly the right value, or to that of one before, is left out."""
    tolerance = max(CLOSE * abs(float(value)), 0.005)
    kept: list[Mistake] = []
    for wrong, words in mistakes:
        others = [float(value), *(mistake.value for mistake in kept)]
        if all(abs(float(wrong) - other) > 2 * tolerance for other in others):
            kept.append(Mistake(float(wrong), words))
    return Exercise(
        step=step,
        question=question,
        unit=unit,
        tables=tables,
        value=float(value),
        tolerance=tolerance,
        mistakes=kept,
        why=why,
    )
