"""An exercise on one run: a question, the right value, and the values that known misconceptions lead to."""

import msgspec

CLOSE = 0.01
"""An answer within this part of a value is that value; values nearer than twice that look the same."""


class Mistake(msgspec.Struct, frozen=True):
    """A value that a misconception leads to, and what to say to whoever gives it."""

    value: float
    words: str


class Exercise(msgspec.Struct, frozen=True, kw_only=True):
    """A question whose answer is a number, in `unit`; `tables` names the files of the notebook to use.

    `step` is the step of predict, run, investigate, modify. `tolerance` is the distance at which an answer
    still counts, of the right value and of the mistakes. `why` explains the right answer.
    """

    step: str
    question: str
    unit: str
    tables: str
    value: float
    tolerance: float
    mistakes: list[Mistake]
    why: str


def exercise(
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
