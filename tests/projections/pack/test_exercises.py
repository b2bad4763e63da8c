"""Exercises: right values and known mistakes, computed from the run."""

from pathlib import Path

import apsw
import numpy as np
import pytest

from core.definitions import Recovery
from projections.pack.exercises import exercises_of
from projections.pack.exercises.generalisation import way_back
from projections.pack.exercises.page import Part, exercises_page
from tests.projections.pack.conftest import EPISODES

MOVED = EPISODES // 2


def test_every_exercise_has_a_right_value_and_mistakes_that_differ_from_it(
    connection: apsw.Connection,
) -> None:
    found = exercises_of(connection)
    assert all(found.values()), "each lecture has something to ask about this run"
    for exercise in (exercise for exercises in found.values() for exercise in exercises):
        values = [exercise.value, *(mistake.value for mistake in exercise.mistakes)]
        assert len(values) >= 3, exercise.question
        assert np.isfinite(values).all(), exercise.question
        for i, value in enumerate(values):
            others = values[:i] + values[i + 1 :]
            assert all(abs(value - other) > 2 * exercise.tolerance for other in others), exercise.question


def test_steps_come_in_their_order(connection: apsw.Connection) -> None:
    order = ("Predict", "Run", "Investigate", "Modify")
    for exercises in exercises_of(connection).values():
        steps = [order.index(exercise.step) for exercise in exercises]
        assert steps == sorted(steps)


def test_right_values_are_those_of_the_tables(connection: apsw.Connection) -> None:
    found = exercises_of(connection)
    for exercise, order in ((found["exploration"][0], ""), (found["curriculum"][0], "DESC")):
        query = f"SELECT survival_time FROM episodes ORDER BY episode_id {order} LIMIT 100"
        rows = connection.execute(query).fetchall()
        assert exercise.value == pytest.approx(np.mean([row[0] for row in rows]))


def test_a_share_is_that_of_the_table(connection: apsw.Connection) -> None:
    asked = next(one for one in exercises_of(connection)["emergence"] if "ended because of" in one.question)
    cause = asked.question.removesuffix("?").rpartition(" ")[2]
    rows = connection.execute(
        "SELECT cause FROM episode_details ORDER BY episode_id DESC LIMIT 100"
    ).fetchall()
    assert asked.value == pytest.approx(100.0 * np.mean([row[0] == cause for row in rows]))


def test_the_way_back_is_that_of_the_read_model_and_off_by_a_window_is_known() -> None:
    survival = np.full(600, 400.0)
    survival[250:350] = 100.0
    recovery = Recovery(state="recovered", text="", moved_at=250, before=400.0, episodes=180)
    lowest, took, all_of_it = way_back(survival, recovery)
    assert (lowest.value, took.value, all_of_it.value) == (100.0, 180.0, 200.0)
    known = {mistake.value for mistake in took.mistakes}
    assert {430.0, 80.0, 200.0} <= known
    assert way_back(survival, Recovery(state="not recovered", text="", moved_at=250)) == []


def test_the_page_names_no_outside_address_and_works_without_a_script(connection: apsw.Connection) -> None:
    found = exercises_of(connection)
    parts = [Part(name, name, exercises, "Make one.", "make") for name, exercises in found.items()]
    page = exercises_page(parts)
    assert "://" not in page
    assert page.count("<details>") == page.count("<form>") == sum(map(len, found.values()))
    assert "nothing to ask" in exercises_page([Part("empty", "Empty", [], "", "")])


def test_the_page_is_in_the_pack(full_pack: Path) -> None:
    assert "Questions about this run" in (full_pack / "exercises.html").read_text()
