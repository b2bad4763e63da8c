"""Exercises on one run: questions with the right value, and the values that known misconceptions lead to.

All values are computed from the run's own tables, so that every student has questions, answers and mistakes
of the own run. A lecture has its exercises in a module of its own.
"""

import apsw

from projections.pack.exercises.curriculum import curriculum
from projections.pack.exercises.emergence import emergence
from projections.pack.exercises.exercise import Exercise
from projections.pack.exercises.exploration import exploration
from projections.pack.exercises.generalisation import generalisation
from projections.pack.exercises.tables import read_tables

LECTURES = {
    "exploration": exploration,
    "curriculum": curriculum,
    "generalisation": generalisation,
    "emergence": emergence,
}
"""The exercises of each lecture, by the lecture's name."""


def exercises_of(connection: apsw.Connection) -> dict[str, list[Exercise]]:
    """The exercises of a run by lecture; a question that the run has no answer to is left out."""
    tables = read_tables(connection)
    if tables is None:
        return {name: [] for name in LECTURES}
    return {name: make(tables) for name, make in LECTURES.items()}
