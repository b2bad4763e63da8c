"""Lists of episodes as ranges: nothing is lost while they are regular, and few remain when they are not."""

import random

import pytest

from projections.episode_ranges import EpisodeRange, episode_ranges, expand

MOST = 10


@pytest.mark.parametrize(
    ("episodes", "ranges"),
    [
        ([], []),
        ([7], [(7, 7, 1)]),
        ([100, 200, 300], [(100, 300, 100)]),
        ([100, 200, 250, 350, 450, 451], [(100, 200, 100), (250, 450, 100), (451, 451, 1)]),
    ],
)
def test_episodes_equally_far_apart_are_one_range(
    episodes: list[int], ranges: list[tuple[int, int, int]]
) -> None:
    found = episode_ranges(episodes, MOST)
    assert found == tuple(EpisodeRange(first=first, last=last, every=every) for first, last, every in ranges)
    assert expand(found) == episodes


def test_a_regular_list_is_as_short_for_a_hundred_times_the_episodes() -> None:
    assert len(episode_ranges(range(50, 10**7, 50), MOST)) == 1


def test_an_irregular_list_is_thinned_and_ends_with_the_newest() -> None:
    episodes = sorted(random.Random(1).sample(range(1, 10**6), 5000))
    ranges = episode_ranges(episodes, MOST)
    kept = expand(ranges)
    assert 2 <= len(ranges) <= MOST
    assert set(kept) <= set(episodes)
    assert (kept[0], kept[-1]) == (episodes[0], episodes[-1])
