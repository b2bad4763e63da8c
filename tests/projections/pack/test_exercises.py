"""Exercises: right values and known mistakes, computed from the run."""

from pathlib import Path

import apsw
import numpy as np
import pytest
from projections.pack.exercises_page import exercises_page

from core.definitions import Recovery
from projections.pack import exercises
from projections.pack.exercises import exercises_of
from tests.projections.pack.conftest import EPISODES

MOVED = EPISODES // 2


def test_every_exercise_has_a_right_value_and_mistakes_that_differ_from_it(
    connection: apsw.Connection,
) -> None:
    found = exercises_of(connection)
    assert len(found) >= 4
    for exercise in found:
        values = [exercise.value, *(mistake.value for mistake in exercise.mistakes)]
        assert len(values) >= 3, exercise.question
        for i, value in enumerate(values):
            others = values[:i] + values[i + 1 :]
            assert all(abs(value - other) > 2 * exercise.tolerance for other in others), exercise.question


def test_right_values_are_those_of_the_tables(connection: apsw.Connection) -> None:
    first, last, *_ = exercises_of(connection)
    for exercise, order in ((first, ""), (last, "DESC")):
        query = f"SELECT survival_time FROM episodes ORDER BY episode_id {order} LIMIT 100"
        rows = connection.execute(query).fetchall()
        assert exercise.value == pytest.approx(np.mean([row[0] for row in rows]))


def test_the_way_back_is_that_of_the_read_model_and_off_by_a_window_is_known(
    connection: apsw.Connection,
) -> None:
    survival = np.full(600, 400.0)
    survival[250:350] = 100.0
    recovery = Recovery(state="recovered", text="", moved_at=250, before=400.0, episodes=180)
    lowest, took = exercises._move(survival, recovery)
    assert (lowest.value, took.value) == (100.0, 180.0)
    known = {mistake.value for mistake in took.mistakes}
    assert {430.0, 80.0} <= known
    assert exercises._move(survival, Recovery(state="not recovered", text="", moved_at=250)) == []


def test_the_page_names_no_outside_address_and_works_without_a_script(connection: apsw.Connection) -> None:
    found = exercises_of(connection)
    page = exercises_page(found)
    assert "://" not in page
    assert page.count("<details>") == page.count("<form>") == len(found)


def test_the_page_is_in_the_pack(full_pack: Path) -> None:
    assert "Questions about this run" in (full_pack / "exercises.html").read_text()
