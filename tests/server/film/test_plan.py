"""Which moments a film shows, for how long, and what is written beside it."""

import pytest

from projections.readmodels.annotations import Annotation
from projections.readmodels.behaviour_page import Behaviour
from server.film.captions import captions, chapters, description, starts_of
from server.film.plan import (
    MOST_LANDMARKS,
    PICTURES_PER_SECOND,
    Landmark,
    Scene,
    Shot,
    landmarks_of,
    plan_episode,
    plan_lapse,
    plan_pair,
    plan_run,
)

MOVE = Landmark(51, "randomized", "Everything in town moves")


def mark(episode: int, kind: str, text: str = "a mark") -> Annotation:
    return Annotation(episode=episode, position=1, kind=kind, text=text)


def test_the_landmarks_are_the_move_the_recovery_and_the_stages() -> None:
    marks = [mark(0, "started"), mark(20, "stage", "stage 2"), mark(50, "randomized"), mark(60, "record")]
    assert [(found.episode, found.title) for found in landmarks_of(marks, 70, 100)] == [
        (20, "Stage 2"), (51, "Everything in town moves"), (70, "Recovered from the move"),
    ]  # fmt: skip


def test_odd_behaviours_are_landmarks_where_there_is_room() -> None:
    odd = Behaviour(
        episode=30, kind="camping", title="Camping on the Bed", evidence="", step=3, beginner=False
    )
    assert Landmark(30, "behaviour", "Camping on the Bed") in landmarks_of(
        [mark(50, "randomized")], 70, 100, [odd]
    )
    stages = [mark(n, "stage", "stage") for n in range(1, MOST_LANDMARKS + 1)]
    assert "behaviour" not in {found.kind for found in landmarks_of(stages, None, 100, [odd])}


def test_the_first_routine_is_a_landmark_before_stages_and_odd_behaviours() -> None:
    routine = Behaviour(
        episode=30,
        kind="routine",
        title="The first routine: Bed → Job → Bar",
        evidence="",
        step=3,
        beginner=False,
    )
    stages = [mark(n, "stage", "stage") for n in range(1, MOST_LANDMARKS + 1)]
    found = landmarks_of(stages, None, 100, [routine])
    assert found[-1] == Landmark(30, "routine", "The first routine: Bed → Job → Bar")


def test_two_episodes_are_walked_together_until_the_longer_one_ends() -> None:
    (scene,) = plan_pair((7, 2), (9, 4))
    assert scene.title == "Episode 7 · Episode 9"
    sides = [(shot.step, shot.beside.step) for shot in scene.shots if shot.beside is not None]
    assert sides == [(1, 1), (None, 2), (None, 3), (None, None)]
    assert {shot.episode for shot in scene.shots} == {7}
    assert {shot.beside.episode for shot in scene.shots if shot.beside is not None} == {9}
    assert scene.shots[-1].pictures == PICTURES_PER_SECOND
    assert plan_pair((7, 2), (9, 4), ("a", "b"))[0].title == "Episode 7 of a · Episode 9 of b"


def test_of_too_many_landmarks_the_move_stays() -> None:
    marks = [*(mark(n, "resumed") for n in range(1, 40)), mark(50, "randomized")]
    found = landmarks_of(marks, None, 100)
    assert len(found) == MOST_LANDMARKS
    assert found[-1] == MOVE


@pytest.mark.parametrize("newest", [1, 60, 10_000])
def test_a_film_shows_episodes_in_order_and_lasts_no_longer_than_asked(newest: int) -> None:
    marks = [MOVE] if newest > 51 else []
    scenes = plan_run(newest, marks, {51: 300}, 20)
    shots = [shot for scene in scenes for shot in scene.shots]
    assert [shot.episode for shot in shots] == sorted(shot.episode for shot in shots)
    assert shots[-1].episode == newest
    assert sum(scene.pictures for scene in scenes) <= 20 * PICTURES_PER_SECOND + len(scenes)
    if newest == 10_000:
        assert sum(scene.pictures for scene in scenes) >= 20 * PICTURES_PER_SECOND - len(scenes)


def test_a_landmark_is_walked_to_its_end_and_named() -> None:
    walk = next(scene for scene in plan_run(100, [MOVE], {51: 300}, 20) if "moves" in scene.title)
    assert walk.title == "Everything in town moves · episode 51"
    steps = [shot.step for shot in walk.shots if shot.step is not None]
    assert steps == sorted(steps)
    assert steps[-1] == 300
    assert walk.shots[-1].step is None


def test_an_episode_is_shown_step_by_step() -> None:
    (scene,) = plan_episode(7, 3)
    assert [shot.step for shot in scene.shots] == [1, 2, 3, None]


def test_the_thousandths_of_a_caption_are_carried_over() -> None:
    lengths = (4, 9, 1, 9, 2, 9, 1, 9, 1, 9, 16, 9, 1, 9, 1, 9)  # parts of a second add up to not quite 6
    written = captions([Scene("a scene", [Shot(1, None, pictures)]) for pictures in lengths])
    assert "00:00:05.933 --> 00:00:06.000\n" in written
    assert ".1000" not in written


def test_captions_chapters_and_description_name_the_scenes_at_their_times() -> None:
    scenes = [*plan_lapse(30, 2), *plan_episode(7, 15)]
    assert starts_of(scenes) == [0, 2, 4]
    assert "00:00:02.000 --> 00:00:04.000\nEpisode 7\n" in captions(scenes)
    assert "START=2000\nEND=4000\ntitle=Episode 7\n" in chapters(scenes)
    assert description(scenes, "About").splitlines() == [
        "About", "", "0:00 Episodes 1 to 30", "0:02 Episode 7",
    ]  # fmt: skip
