"""Episodes step by step, and the pair of episodes before and after the move."""

import numpy as np

from core import events as e
from projections.readmodels.pairs import EpisodePair, read_pair
from projections.readmodels.replays import read_replay
from tests.support.events import MOVED, PLACES, cells, finished, resumed, started, traced, uses
from tests.support.read_models import ReadModelKit


def test_a_replay_has_the_steps_of_an_episode_and_of_superseded_ones(kit: ReadModelKit) -> None:
    levels = np.linspace(1.0, 0.0, 12).reshape(3, 4)
    kit.given(started(), finished(1, 2), cells(1, [4, 5], start=0), uses(1, "Bed"), traced(1, [1, 4], levels))
    kit.when(
        e.AffordancesRandomized(episode=1, seed=1, old=PLACES, new=MOVED),
        finished(2, 1),
        cells(2, [3]),
        uses(2),
        resumed(1, 5),
        finished(2, 1),
        cells(2, [6]),
        uses(2),
    )
    replay = kit.ask(lambda c: read_replay(c, 1))
    assert (replay.path, replay.actions) == ([0, 4, 5], [1, 4])
    assert replay.meters == np.rint(levels * 255).astype(int).tolist()
    assert [(use.step, use.affordance) for use in replay.uses] == [(1, "Bed")]
    now, earlier = (kit.ask(lambda c, a=a: read_replay(c, 2, a)) for a in (None, 1))
    assert (now.attempt, now.path, now.layout[0].x) == (2, [0, 6], 1)
    assert (earlier.attempt, earlier.path, earlier.layout[0].x) == (1, [0, 3], 2)
    assert kit.ask(lambda c: read_replay(c, 2, 7)) is None


def test_a_pair_begins_on_one_cell_and_neither_episode_straddles_the_move(kit: ReadModelKit) -> None:
    kit.given(started())
    assert kit.ask(read_pair) is None
    walks = [(1, 0, 5), (2, 0, 6), (3, 1, 6)]
    for episode, agent, cell in walks:
        kit.when(finished(episode, 2, agent=agent), cells(episode, [cell, cell], start=cell))
    kit.when(e.AffordancesRandomized(episode=3, seed=1, old=PLACES, new=MOVED))
    for episode, agent, cell in [(4, 0, 6), (5, 1, 5), (6, 1, 5), (7, 0, 5)]:
        kit.when(finished(episode, 2, agent=agent), cells(episode, [cell, cell], start=cell))
    assert kit.ask(lambda c: read_pair(c, 6)) == EpisodePair(
        before=1, after=6, start_cell=5, same_agent=False
    )
    assert kit.ask(read_pair) == EpisodePair(before=1, after=7, start_cell=5, same_agent=True)
