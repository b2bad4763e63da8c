"""The three steps of a sample, each on its own: drawing windows, relabelling, n-step returns."""

import pytest
import torch

from producer.agent.relabelling import Relabelling, Windows
from producer.agent.replay_buffer import ReplayBuffer, _n_step_returns
from producer.agent.rollout import stacked
from producer.environment.rules import INTERACT
from producer.environment.town import Observation, TownStep

AGENTS, CELLS, AFFORDANCES = 2, 5, 2
NOTHING = AFFORDANCES
RIGHT = 3
GAMMA = 0.5
NEAR = torch.zeros((CELLS, 0), dtype=torch.int64)
"""Agents that see only their own cell."""


def a_buffer_of(steps: int, slots: int) -> ReplayBuffer:
    """Agent a is at step t at cell t mod 5; meter and reward are 10 · t + a; episodes are cut at step 3."""
    buffer = ReplayBuffer(slots * AGENTS, AGENTS, AFFORDANCES, num_meters=1, near=NEAR)
    for t in range(steps):
        label = torch.tensor([10.0 * t, 10.0 * t + 1])
        cell = torch.full((AGENTS,), t % CELLS)
        nothing, no = torch.full((AGENTS,), NOTHING), torch.zeros(AGENTS, dtype=torch.bool)
        action = torch.full((AGENTS,), RIGHT)
        cut = torch.full((AGENTS,), t == 3)
        unused = torch.zeros(AGENTS, dtype=torch.int64)
        step = TownStep(
            cell=(cell + 1) % CELLS,
            meters=label.unsqueeze(1),
            affordance_here=nothing,
            affordance_used=unused,
            reward=label,
            terminated=no,
            truncated=cut,
            cause=unused,
            episode_length=unused,
            born_stage=unused,
            near=NEAR[:AGENTS],
        )
        buffer.append(
            stacked([Observation(cell, label.unsqueeze(1), nothing, NEAR[:AGENTS])], [action], [step])
        )
    return buffer


def some_windows(**changes: object) -> Windows:
    """One window of three steps with rewards 1, 2, 4; the meter tells the step."""
    windows = Windows(
        cell=torch.tensor([[0], [1], [2], [3]]),
        meters=torch.arange(4.0).unsqueeze(1),
        affordance_here=torch.full((4, 1), NOTHING),
        near=torch.zeros((4, 1, 0), dtype=torch.int64),
        action=torch.full((4, 1), RIGHT),
        reward=torch.tensor([[1.0], [2.0], [4.0]]),
        terminated=torch.zeros((3, 1)),
        valid=torch.ones((3, 1)),
        isolated=torch.zeros(1),
    )
    return windows._replace(**changes)  # type: ignore[arg-type]


def column(*values: float) -> torch.Tensor:
    return torch.tensor([[value] for value in values])


@pytest.mark.parametrize(("steps", "slots", "oldest"), [(7, 20, 0), (27, 10, 17)])
def test_windows_are_consecutive_steps_of_one_agent(steps: int, slots: int, oldest: int) -> None:
    """The oldest and the newest start are reached, also in a ring that has wrapped around."""
    n_step, starts = 3, min(steps, slots) - 3
    uniform = torch.arange(starts * AGENTS, dtype=torch.float64) / (starts * AGENTS)
    windows = a_buffer_of(steps, slots)._draw_windows(uniform, n_step)
    labels = windows.meters.view(n_step + 1, -1)
    expected = [10 * (oldest + t) + agent for t in range(starts) for agent in range(AGENTS)]
    assert labels[0].tolist() == expected
    for k in range(n_step + 1):
        assert (labels[k] - labels[0]).eq(10 * k).all()
    assert windows.reward.equal(labels[:n_step])
    assert windows.cell.equal((labels / 10).floor().long() % CELLS)
    assert windows.valid.equal(((labels[:n_step] / 10).floor() != 3).float())
    assert not windows.isolated.any()


def relabelling_that_saw(bed_at: int) -> Relabelling:
    """All cells were seen, the affordance 0 stands at `bed_at`, and RIGHT leads to the next cell."""
    relabelling = Relabelling(AFFORDANCES, NEAR)
    cell = torch.arange(CELLS).unsqueeze(0)
    here = torch.where(cell == bed_at, 0, NOTHING)
    observation = Observation(cell, torch.zeros((1, CELLS, 1)), here, NEAR.unsqueeze(0))
    relabelling.record(observation, torch.full_like(cell, RIGHT), (cell + 1) % CELLS)
    return relabelling


NO_AUGMENTATION = torch.ones((2, 1), dtype=torch.float64) * 0.99


def test_relabelling_shows_the_affordance_that_stands_there_now() -> None:
    windows = some_windows(affordance_here=torch.tensor([[0], [2], [2], [2]]))
    relabelled = relabelling_that_saw(bed_at=2).relabel(windows, 0.0, NO_AUGMENTATION)
    assert relabelled.cell.equal(windows.cell)
    assert relabelled.affordance_here.tolist() == [[NOTHING], [NOTHING], [0], [NOTHING]]
    assert relabelled.valid.equal(windows.valid)
    assert relabelled.isolated.tolist() == [0.0]


def test_relabelling_moves_a_first_interaction_to_the_affordances_new_cell() -> None:
    windows = some_windows(
        action=torch.tensor([[INTERACT], [RIGHT], [RIGHT], [RIGHT]]),
        affordance_here=torch.tensor([[0], [0], [2], [2]]),
    )
    relabelled = relabelling_that_saw(bed_at=4).relabel(windows, 0.0, NO_AUGMENTATION)
    assert relabelled.cell.tolist() == [[4], [4], [2], [3]]
    assert relabelled.affordance_here.tolist() == [[0], [0], [NOTHING], [NOTHING]]
    assert relabelled.valid.tolist() == [[1.0], [1.0], [1.0]]
    assert relabelled.isolated.tolist() == [1.0]


def test_relabelling_rules_out_a_later_interaction_with_what_has_moved() -> None:
    windows = some_windows(
        action=torch.tensor([[RIGHT], [INTERACT], [RIGHT], [RIGHT]]),
        affordance_here=torch.tensor([[2], [0], [0], [2]]),
    )
    relabelled = relabelling_that_saw(bed_at=4).relabel(windows, 0.0, NO_AUGMENTATION)
    assert relabelled.cell.equal(windows.cell)
    assert relabelled.valid.tolist() == [[1.0], [0.0], [1.0]]
    assert relabelled.isolated.tolist() == [0.0]


def test_relabelling_rules_out_an_interaction_with_what_was_lost() -> None:
    windows = some_windows(
        action=torch.tensor([[INTERACT], [RIGHT], [RIGHT], [RIGHT]]),
        affordance_here=torch.tensor([[1], [1], [2], [2]]),
    )
    relabelled = relabelling_that_saw(bed_at=4).relabel(windows, 0.0, NO_AUGMENTATION)
    assert relabelled.valid.tolist() == [[0.0], [1.0], [1.0]]


@pytest.mark.parametrize(("uniform", "cells"), [(0.0, [0, 1]), (0.7, [3, 4]), (0.99, [4, 0])])
def test_an_augmented_move_starts_at_a_drawn_cell(uniform: float, cells: list[int]) -> None:
    draw = torch.tensor([[uniform], [0.0]], dtype=torch.float64)
    relabelled = relabelling_that_saw(bed_at=3).relabel(some_windows(), 1.0, draw)
    assert relabelled.cell[:2].flatten().tolist() == cells
    assert relabelled.affordance_here[:2].flatten().tolist() == [
        0 if cell == 3 else NOTHING for cell in cells
    ]
    assert relabelled.isolated.tolist() == [1.0]


def test_a_move_is_not_augmented_where_its_end_is_unknown() -> None:
    windows = some_windows(action=torch.zeros((4, 1), dtype=torch.int64))
    draw = torch.zeros((2, 1), dtype=torch.float64)
    relabelled = relabelling_that_saw(bed_at=3).relabel(windows, 1.0, draw)
    assert relabelled.cell.equal(windows.cell)
    assert relabelled.isolated.tolist() == [0.0]


@pytest.mark.parametrize(
    ("changes", "extrinsic", "m", "discount", "intrinsic_discounts"),
    [
        ({}, 1 + 2 * 0.5 + 4 * 0.25, 3, 0.125, [1.0, 0.5, 0.25]),
        ({"terminated": column(0.0, 1.0, 0.0)}, 1 + 2 * 0.5, 2, 0.0, [1.0, 0.0, 0.0]),
        ({"terminated": column(1.0, 0.0, 0.0)}, 1.0, 1, 0.0, [0.0, 0.0, 0.0]),
        ({"valid": column(1.0, 0.0, 1.0)}, 1.0, 1, 0.5, [1.0, 0.0, 0.0]),
        ({"valid": column(0.0, 1.0, 1.0)}, 0.0, 0, 1.0, [0.0, 0.0, 0.0]),
        ({"isolated": torch.ones(1)}, 1.0, 1, 0.5, [1.0, 0.0, 0.0]),
    ],
    ids=["whole", "death at the second step", "death at once", "truncated", "not valid", "isolated"],
)
def test_a_return_sums_the_steps_that_follow_each_other(
    changes: dict[str, torch.Tensor],
    extrinsic: float,
    m: int,
    discount: float,
    intrinsic_discounts: list[float],
) -> None:
    batch = _n_step_returns(some_windows(**changes), GAMMA)
    assert batch.extrinsic.tolist() == [extrinsic]
    assert batch.discount.tolist() == [discount]
    assert batch.intrinsic_discounts.flatten().tolist() == intrinsic_discounts
    assert batch.valid.tolist() == [float(m > 0)]
    assert batch.now_and_bootstrap.meters.flatten().tolist() == [0.0, float(m)]
    assert batch.now_and_bootstrap.cell.tolist() == [0, m]
    assert batch.next_observations.meters.flatten().tolist() == [1.0, 2.0, 3.0]
    assert batch.action.tolist() == [RIGHT]
