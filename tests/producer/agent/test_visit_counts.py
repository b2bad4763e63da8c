"""Counting: what was seldom observed is novel, and what moved is novel again."""

import copy

import pytest
import torch

from core.config_schema import Exploration
from producer.agent.visit_counts import VisitCounts
from producer.environment.town import Town
from tests.producer.agent.test_rnd import arriving, at


def counts(town: Town) -> VisitCounts:
    return VisitCounts(Exploration(novelty="counts"), 0.99, town)


def test_novelty_falls_with_the_root_of_the_visits_and_is_new_where_something_moved(town: Town) -> None:
    novelty = counts(town)
    nothing = town.num_affordances
    assert novelty.measure(at(9, nothing)).tolist() == [1.0] * len(at(9, nothing).cell)
    seen = at(9, nothing)
    for _ in range(3):
        novelty.observe(arriving(seen))
    visits = 3 * len(seen.cell)
    assert novelty.measure(seen)[0].item() == pytest.approx((visits + 1) ** -0.5)
    assert novelty.measure(at(9, 0))[0].item() == 1.0


def test_restored_counts_go_on_bit_by_bit(town: Town) -> None:
    novelty, restored = counts(town), counts(town)
    nothing = town.num_affordances
    for cell in range(20):
        novelty.observe(arriving(at(cell % 5, nothing)))
    restored.load_state_dict(copy.deepcopy(novelty.state_dict()))
    for cell in range(8):
        seen = arriving(at(cell, nothing))
        assert torch.equal(novelty.observe(seen), restored.observe(seen))
    assert torch.equal(novelty.checksum(), restored.checksum())
