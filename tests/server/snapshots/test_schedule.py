"""What is due, from what lies in the folders and what the read models say."""

import pytest

from projections.readmodels.attempts import Attempt
from server.snapshots.gallery import Export, Gallery, NoveltyGif, Screenshot
from server.snapshots.schedule import export_due, final_export_due, gifs_due, gifs_to_delete, screenshot_due

NOW = 1_790_000_000.0


def gif(first: int, last: int, made_at: float = NOW) -> NoveltyGif:
    return NoveltyGif(name=f"novelty_ep{first}-{last}.gif", bytes=1, first=first, last=last, made_at=made_at)


def attempt(number: int, first_episode: int, started_at: float) -> Attempt:
    return Attempt(
        attempt=number,
        first_episode=first_episode,
        last_episode=first_episode + 100,
        kept_until=first_episode + 100,
        started_at=started_at,
        ended_at=started_at + 1,
        ended="running",
        checkpoint=None,
    )


def gallery(
    screenshots: list[Screenshot] | None = None,
    gifs: list[NoveltyGif] | None = None,
    exports: list[Export] | None = None,
) -> Gallery:
    return Gallery(updated_at=NOW, screenshots=screenshots or [], gifs=gifs or [], exports=exports or [])


def test_gifs_are_due_for_complete_windows_only_and_oldest_first() -> None:
    assert gifs_due(gallery(), 49, [], 50, 500) == []
    assert gifs_due(gallery(), 149, [], 50, 500) == [(1, 50), (51, 100)]


def test_gifs_missed_while_the_worker_was_down_are_made_and_none_twice() -> None:
    made = gallery(gifs=[gif(1, 50), gif(101, 150)])
    assert gifs_due(made, 200, [attempt(1, 1, NOW - 10)], 50, 500) == [(51, 100), (151, 200)]


def test_a_gif_of_episodes_lived_again_since_is_made_again() -> None:
    made = gallery(gifs=[gif(1, 50), gif(51, 100), gif(101, 150)])
    attempts = [attempt(1, 1, NOW - 10), attempt(2, 81, NOW + 10)]
    assert gifs_due(made, 150, attempts, 50, 500) == [(51, 100), (101, 150)]


def test_over_the_budget_the_gifs_span_the_run_and_none_is_due_again() -> None:
    made = gallery(gifs=[gif(50 * k + 1, 50 * k + 50) for k in range(9)])
    gone = gifs_to_delete(made, 470, 50, 4)
    left = [g for g in made.gifs if g not in gone]
    assert [g.first for g in left] == [1, 201, 401]
    assert gifs_due(gallery(gifs=left), 470, [attempt(1, 1, NOW - 10)], 50, 4) == []


def test_gifs_of_other_windows_and_of_episodes_to_come_stay() -> None:
    others = [gif(1, 25), gif(9001, 9050)]
    assert gifs_to_delete(gallery(gifs=others), 470, 50, 1) == []


@pytest.mark.parametrize(("age", "due"), [(299.0, False), (300.0, True)])
def test_a_screenshot_is_due_when_the_newest_is_old_enough(age: float, due: bool) -> None:
    newest = Screenshot(name="screenshot_x.png", bytes=1, taken_at=NOW - age)
    assert screenshot_due(gallery(screenshots=[newest]), NOW, 300.0, None) is due
    assert screenshot_due(gallery(), NOW, 300.0, None)


def test_nothing_is_due_of_a_run_in_which_nothing_has_happened_since() -> None:
    shot = Screenshot(name="screenshot_x.png", bytes=1, taken_at=NOW)
    export = Export(name="metrics_x.csv", bytes=1, made_at=NOW, final=False)
    made = gallery(screenshots=[shot], exports=[export])
    later = NOW + 10**6
    assert not screenshot_due(made, later, 300.0, quiet_since=NOW)
    assert not export_due(made, later, 3600.0, quiet_since=NOW)
    assert screenshot_due(made, later, 300.0, quiet_since=None), "the trainer runs"
    assert screenshot_due(made, later, 300.0, quiet_since=NOW + 1)
    assert export_due(made, later, 3600.0, quiet_since=NOW + 1)


def test_after_the_final_export_of_a_finished_run_no_regular_one_is_due() -> None:
    final = Export(name="final_metrics.csv", bytes=1, made_at=NOW + 1, final=True)
    assert not export_due(gallery(exports=[final]), NOW + 10**6, 3600.0, quiet_since=NOW)


def test_the_final_export_does_not_count_as_a_regular_one() -> None:
    final = Export(name="final_metrics.csv", bytes=1, made_at=NOW - 10, final=True)
    assert export_due(gallery(exports=[final]), NOW, 3600.0, None)
    regular = Export(name="metrics_x.csv", bytes=1, made_at=NOW - 3599.0, final=False)
    assert not export_due(gallery(exports=[regular, final]), NOW, 3600.0, None)


def test_the_final_export_is_due_once_the_run_is_complete_and_again_when_it_is_extended() -> None:
    assert not final_export_due(gallery(), False, NOW)
    assert final_export_due(gallery(), True, NOW)
    made = gallery(exports=[Export(name="final_metrics.csv", bytes=1, made_at=NOW + 1, final=True)])
    assert not final_export_due(made, True, NOW)
    assert final_export_due(made, True, NOW + 60)
