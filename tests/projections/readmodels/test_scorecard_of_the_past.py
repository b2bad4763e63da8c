"""The scorecard as of an episode is the scorecard that was shown when that episode was the newest."""

from typing import Any

from core import events as e
from projections.readmodels.captures import Captures
from projections.readmodels.criteria import read_scorecard
from tests.support.events import MOVED, PLACES, finished, resumed, started
from tests.support.small_events import heartbeat

MOVED_AT, EPISODES = 150, 260
MOMENTS = (1, 101, MOVED_AT, 250)


def test_looking_back_shows_what_was_shown_then(kit: Any) -> None:
    kit.given(started(num_episodes=EPISODES))
    shown = {}
    for episode in range(1, EPISODES + 1):
        late = episode > 100
        kit.when(
            finished(
                episode,
                200 if late else 100,
                intrinsic_weight=0.29 if late else 1.0,
                curriculum_stage=4 if late else 1,
            ),
            heartbeat(episode),
        )
        if episode == MOVED_AT:
            kit.when(e.AffordancesRandomized(episode=episode, seed=1, old=PLACES, new=MOVED))
        if episode in MOMENTS:
            shown[episode] = kit.ask(read_scorecard)
    kit.when(e.RunStopped(episode=EPISODES, reason="completed"))
    asked = (*MOMENTS, EPISODES, None)
    cards = kit.ask(lambda c: {episode: read_scorecard(c, episode) for episode in asked})
    assert {episode: cards[episode] for episode in MOMENTS} == shown
    assert cards[EPISODES] == cards[None]
    assert all(len({card.key for card in cards[episode]}) == len(cards[None]) for episode in asked)


def test_a_restart_later_on_does_not_count_before_it(kit: Any) -> None:
    kit.given(started(), *(finished(episode, 100) for episode in range(1, 11)))
    kit.when(resumed(5, 6, 2), *(finished(episode, 100) for episode in range(6, 9)))
    cards = kit.ask(lambda c: [read_scorecard(c, episode) for episode in (5, 6, None)])
    runtimes = [next(found.value for found in card if found.key == "runtime") for card in cards]
    assert [value.split(", ")[1] for value in runtimes] == ["0 resumes", "1 resume", "1 resume"]


def test_pictures_count_from_when_they_were_made(kit: Any) -> None:
    kit.given(started(), *(finished(episode, 100) for episode in range(1, 121)))
    ended_at = kit.ask(lambda c: c.execute("SELECT timestamp FROM episodes WHERE episode_id = 60").get)
    captures = Captures(screenshots=[ended_at - 1, ended_at, ended_at + 10_000], gifs=[50, 100])
    cards = kit.ask(lambda c: [read_scorecard(c, episode, captures) for episode in (60, None)])
    made = [next(found.value for found in card if found.key == "captures") for card in cards]
    assert made == ["2 screenshots and 1 GIF", "3 screenshots and 2 GIFs"]


def test_a_completed_run_without_pictures_had_no_worker(kit: Any) -> None:
    kit.given(started(), finished(1), finished(2), e.RunStopped(episode=2, reason="completed"))
    none, some = Captures(screenshots=[], gifs=[]), Captures(screenshots=[], gifs=[], history=[1])
    cards = kit.ask(
        lambda c: [read_scorecard(c, *asked) for asked in ((1, none), (None, none), (None, some))]
    )
    found = [next((of.state, of.value) for of in card if of.key == "captures") for card in cards]
    assert found == [
        ("open", "0 screenshots and 0 GIFs"),
        ("not applicable", "none were made: no snapshot worker ran beside this run"),
        ("open", "1 screenshot (1 from history) and 0 GIFs"),
    ]
