"""What is due, from what lies in the folders and what the read models say."""

import pytest

from projections.readmodels.attempts import Attempt
from projections.readmodels.health import TrainerStatus
from server.snapshots.gallery import Export, Gallery, NoveltyGif, Screenshot
from server.snapshots.schedule import export_due, final_export_due, gifs_due, screenshot_due

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


def pulse(status: str, last_event_at: float = NOW) -> TrainerStatus:
    return TrainerStatus(
        status=status,
        detail="",
        attempt=1,
        episodes_finished=100,
        last_event_at=last_event_at,
        position=1,
        agent_steps_per_second=None,
        rss_bytes=None,
        rss_bytes_per_hour=None,
        rss_limit_bytes=None,
        memory_alarm="",
        loss=None,
        mean_q=None,
        replay_fill=None,
        checkpoint_at=None,
    )


def gallery(
    screenshots: list[Screenshot] | None = None,
    gifs: list[NoveltyGif] | None = None,
    exports: list[Export] | None = None,
) -> Gallery:
    return Gallery(updated_at=NOW, screenshots=screenshots or [], gifs=gifs or [], exports=exports or [])


def test_gifs_are_due_for_complete_windows_only_and_oldest_first() -> None:
    assert gifs_due(gallery(), 49, [], 50) == []
    assert gifs_due(gallery(), 149, [], 50) == [(1, 50), (51, 100)]


def test_gifs_missed_while_the_worker_was_down_are_made_and_none_twice() -> None:
    made = gallery(gifs=[gif(1, 50), gif(101, 150)])
    assert gifs_due(made, 200, [attempt(1, 1, NOW - 10)], 50) == [(51, 100), (151, 200)]


def test_a_gif_of_episodes_lived_again_since_is_made_again() -> None:
    made = gallery(gifs=[gif(1, 50), gif(51, 100), gif(101, 150)])
    attempts = [attempt(1, 1, NOW - 10), attempt(2, 81, NOW + 10)]
    assert gifs_due(made, 150, attempts, 50) == [(51, 100), (101, 150)]


@pytest.mark.parametrize(("age", "due"), [(299.0, False), (300.0, True)])
def test_a_screenshot_is_due_when_the_newest_is_old_enough(age: float, due: bool) -> None:
    newest = Screenshot(name="screenshot_x.png", bytes=1, taken_at=NOW - age)
    assert screenshot_due(gallery(screenshots=[newest]), NOW, 300.0) is due
    assert screenshot_due(gallery(), NOW, 300.0)


def test_the_final_export_does_not_count_as_a_regular_one() -> None:
    final = Export(name="final_metrics.csv", bytes=1, made_at=NOW, final=True)
    assert export_due(gallery(exports=[final]), NOW, 3600.0)
    regular = Export(name="metrics_x.csv", bytes=1, made_at=NOW - 3599.0, final=False)
    assert not export_due(gallery(exports=[regular, final]), NOW, 3600.0)


def test_the_final_export_is_due_once_the_run_is_complete_and_again_when_it_is_extended() -> None:
    assert not final_export_due(gallery(), pulse("running"))
    assert final_export_due(gallery(), pulse("completed"))
    made = gallery(exports=[Export(name="final_metrics.csv", bytes=1, made_at=NOW + 1, final=True)])
    assert not final_export_due(made, pulse("completed", NOW))
    assert final_export_due(made, pulse("completed", NOW + 60))
