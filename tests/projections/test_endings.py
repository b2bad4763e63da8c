"""Causes of death, distributions of survival, and the clock of a run, against a count by hand."""

import pytest

from core import events as e
from projections.readmodels.annotations import read_marks
from projections.readmodels.clock import read_clock
from projections.readmodels.endings import read_causes, read_survival_histograms
from projections.readmodels.heatmap import read_novelty_scale
from projections.readmodels.run import read_configuration
from tests.support.events import MOVED, PLACES, cells, finished, resumed, saved, started


def test_causes_are_counted_by_stretch_and_every_vital_meter_is_named(kit):
    kit.given(started(), *(finished(n, cause="limit" if n % 3 == 0 else "energy") for n in range(1, 8)))
    exact = kit.ask(read_causes)
    assert (exact.resolution, exact.first, exact.last) == (1, [*range(1, 8)], [*range(1, 8)])
    assert exact.episodes == {"energy": [1, 1, 0, 1, 1, 0, 1], "limit": [0, 0, 1, 0, 0, 1, 0]}
    halves = kit.ask(lambda connection: read_causes(connection, points=3))
    assert (halves.first, halves.last) == ([1, 5], [4, 7])
    assert halves.episodes == {"energy": [3, 2], "limit": [1, 1]}
    assert sum(map(sum, halves.episodes.values())) == 7


def test_a_stretch_of_the_run_has_its_own_causes(kit):
    kit.given(started(), *(finished(n) for n in range(1, 10)))
    part = kit.ask(lambda connection: read_causes(connection, 3, 5))
    assert (part.first, part.last, part.episodes["energy"]) == ([3, 4, 5], [3, 4, 5], [1, 1, 1])
    assert kit.ask(lambda connection: read_causes(connection, 20, 30)).first == []


def test_histograms_are_of_before_the_move_right_after_it_and_the_newest(kit):
    kit.given(started(), *(finished(n, 200) for n in range(1, 601)))
    kit.given(e.AffordancesRandomized(episode=600, seed=1, old=PLACES, new=MOVED))
    kit.given(*(finished(n, 20) for n in range(601, 1301)))
    groups = kit.ask(read_survival_histograms).groups
    assert [(group.name, group.first, group.last, group.mean) for group in groups] == [
        ("before the move", 101, 600, 200.0),
        ("after the move", 601, 1100, 20.0),
        ("newest", 1101, 1300, 20.0),
    ]
    assert [sum(group.episodes) for group in groups] == [500, 500, 200]
    earlier = kit.ask(lambda connection: read_survival_histograms(connection, 600)).groups
    assert [(group.name, group.first, group.last) for group in earlier] == [
        ("first", 1, 300),
        ("newest", 301, 600),
    ]


@pytest.mark.parametrize("survival", [1, 8, 9, 199, 200])
def test_a_survival_time_is_in_the_bin_whose_edges_hold_it(kit, survival):
    kit.given(started(), finished(1, survival))
    histograms = kit.ask(read_survival_histograms)
    (place,) = (place for place, episodes in enumerate(histograms.groups[0].episodes) if episodes)
    assert histograms.edges[place] <= survival < histograms.edges[place + 1]


def test_the_clock_counts_the_steps_of_all_agents_and_never_runs_backwards(kit):
    kit.given(started(), *(finished(n, vector_step=10 * n) for n in range(1, 5)))
    kit.when(resumed(2, 3), finished(3, vector_step=31))
    clock = kit.ask(read_clock)
    assert clock.episode == [1, 2, 3]
    assert clock.agent_steps == [20, 40, 62]
    assert clock.hours == sorted(clock.hours)
    assert clock.hours[0] > 0
    assert kit.ask(lambda connection: read_clock(connection, points=2)).episode == [1, 3]


def test_marks_are_thinned_evenly_and_counted(kit):
    kit.given(started(), *(saved(n, 1) for n in range(1, 31)))
    marks = kit.ask(lambda connection: read_marks(connection, limit=4))
    assert marks.counts == {"started": 1, "checkpoint": 30}
    assert [mark.episode for mark in marks.marks if mark.kind == "checkpoint"] == [1, 11, 21, 30]
    assert kit.ask(read_marks).counts["checkpoint"] == len(kit.ask(read_marks).marks) - 1


def test_the_scale_of_novelty_is_that_of_the_first_episodes(kit):
    kit.given(started())
    assert kit.ask(read_novelty_scale) is None
    kit.given(
        *(event for n in range(1, 103) for event in (finished(n), cells(n, [1], 8.0 if n < 101 else 64.0)))
    )
    scale = kit.ask(read_novelty_scale)
    assert (scale.high, scale.low) == (8.0, 0.008)


def test_the_configuration_is_the_present_one(kit):
    kit.given(started(), finished(1))
    kit.when(resumed(0, 1, config_changes={"training.max_steps_per_episode": (200, 150)}, config_hash="c1"))
    configuration = kit.ask(read_configuration)
    assert configuration.config["training"]["max_steps_per_episode"] == 150
    assert (configuration.config_name, configuration.config_hash) == ("tiny", "c1")
