"""The buffer buffer against a naive reference in plain Python, before and after the town changes."""

import copy
from dataclasses import dataclass, field

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from producer.agent.replay_buffer import Batch, ReplayBuffer
from producer.agent.rollout import stacked
from producer.environment.rules import INTERACT
from producer.environment.town import Observation, TownStep

AGENTS, CELLS, AFFORDANCES, METERS = 3, 6, 2, 2
NOTHING = AFFORDANCES
NEAR = torch.zeros((CELLS, 0), dtype=torch.int64)
"""Agents that see only their own cell."""
GAMMA = 0.9


@dataclass
class Diary:
    """Everything that was appended, step by step: rows of (cell, here, action, reward, died, truncated).

    The first meter of agent a at step t is t · AGENTS + a: it tells which memory a sample is.
    """

    rows: list[list[tuple[int, int, int, float, bool, bool]]] = field(default_factory=list)
    here: dict[int, int] = field(default_factory=dict)
    place: dict[int, int] = field(default_factory=dict)

    def shown(self, cell: int) -> int:
        """What a reader of the diary believes to stand there."""
        there = self.here.get(cell, NOTHING)
        return there if self.place.get(there) == cell else NOTHING

    def naive(self, t: int, agent: int, n_step: int) -> tuple[float, int, float, int]:
        """(return, steps, discount of the bootstrap, first cell) of a memory, relocated where it must be."""
        total, discount, first_cell = 0.0, 1.0, self.rows[t][agent][0]
        for k in range(n_step):
            cell, here, action, reward, died, truncated = self.rows[t + k][agent]
            if truncated:
                return total, k, discount, first_cell
            if action == INTERACT and self.shown(cell) != here:
                known = here != NOTHING and self.shown(self.place[here]) == here
                if k > 0 or not known:
                    return total, k, discount, first_cell
                first_cell = self.place[here]
                return reward, 1, 0.0 if died else GAMMA, first_cell
            total += discount * reward
            discount *= GAMMA
            if died:
                return total, k + 1, 0.0, first_cell
        return total, n_step, discount, first_cell


def act_at_random(
    buffer: ReplayBuffer, steps: int, town: list[int], seed: int, diary: Diary, rollout_steps: int = 1
) -> None:
    """Append random steps in a town where `town[cell]` is the affordance of a cell, so many to a rollout."""
    generator = torch.Generator().manual_seed(seed)
    seen, done, came = [], [], []
    for _ in range(steps):
        t = len(diary.rows)
        cell = torch.randint(CELLS, (AGENTS,), generator=generator)
        here = torch.tensor(town)[cell]
        action = torch.randint(5, (AGENTS,), generator=generator)
        reward = torch.rand(AGENTS, generator=generator)
        fate = torch.rand(AGENTS, generator=generator)
        died, truncated = fate < 0.1, fate > 0.9
        meters = torch.rand((AGENTS, METERS), generator=generator)
        meters[:, 0] = torch.arange(AGENTS) + t * AGENTS
        nobody = torch.zeros(AGENTS, dtype=torch.int64)
        seen.append(Observation(cell, meters, here, NEAR[:AGENTS]))
        done.append(action)
        came.append(
            TownStep(cell, meters, here, nobody, reward, died, truncated, *[nobody] * 3, NEAR[:AGENTS])
        )
        if len(done) == rollout_steps:
            buffer.append(stacked(seen, done, came))
            seen, done, came = [], [], []
        columns = (cell, here, action, reward, died, truncated)
        diary.rows.append(list(zip(*(column.tolist() for column in columns), strict=True)))
        for c, u in zip(cell.tolist(), here.tolist(), strict=True):
            diary.here[c] = u
            diary.place[u] = c
    assert not done


def a_buffer(slots: int = 40, relocate: bool = True, rollout_steps: int = 1) -> ReplayBuffer:
    return ReplayBuffer(slots * AGENTS, AGENTS, AFFORDANCES, METERS, NEAR, rollout_steps, relocate)


def agrees(batch: Batch, diary: Diary, n_step: int, shift: int = 0) -> None:
    size = len(batch.action)
    now, end = (
        Observation(*(column[part] for column in batch.now_and_bootstrap))
        for part in (slice(size), slice(size, 2 * size))
    )
    for b in range(size):
        memory = round(now.meters[b, 0].item()) - shift
        t, agent = divmod(memory, AGENTS)
        total, steps, discount, first_cell = diary.naive(t, agent, n_step)
        assert bool(batch.valid[b]) is (steps > 0)
        assert batch.action[b] == diary.rows[t][agent][2]
        if steps == 0:
            continue
        assert now.cell[b] == first_cell
        assert now.affordance_here[b] == diary.shown(first_cell)
        assert batch.extrinsic[b].item() == pytest.approx(total, rel=1e-5)
        assert batch.discount[b].item() == pytest.approx(discount, rel=1e-5)
        if discount > 0.0:
            assert round(end.meters[b, 0].item()) == (t + steps) * AGENTS + agent
            assert end.affordance_here[b] == diary.shown(int(end.cell[b]))
        died = any(row[agent][4] for row in diary.rows[t : t + steps])
        counted = [GAMMA**k for k in range(steps - died)] + [0.0] * (n_step - steps + died)
        assert batch.intrinsic_discounts[:, b].tolist() == pytest.approx(counted, rel=1e-5)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), steps=st.integers(8, 120), n_step=st.integers(1, 4))
def test_returns_equal_the_naive_reference(seed: int, steps: int, n_step: int) -> None:
    buffer, diary = a_buffer(), Diary()
    act_at_random(buffer, steps, [0, 2, 2, 1, 2, 2], seed, diary)
    generator = torch.Generator().manual_seed(seed)
    agrees(buffer.sample(64, n_step, GAMMA, generator), diary, n_step)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), later=st.integers(1, 60), n_step=st.integers(1, 4))
def test_memories_are_relocated_as_the_latest_sightings_say(seed: int, later: int, n_step: int) -> None:
    buffer, diary = a_buffer(), Diary()
    act_at_random(buffer, 40, [0, 2, 2, 1, 2, 2], seed, diary)
    act_at_random(buffer, later, [2, 2, 0, 2, 2, 1], seed + 1, diary)
    generator = torch.Generator().manual_seed(seed)
    agrees(buffer.sample(64, n_step, GAMMA, generator), diary, n_step)


def test_samples_cover_the_ring_and_nothing_that_was_overwritten() -> None:
    buffer, diary = a_buffer(slots=10), Diary()
    act_at_random(buffer, 27, [0, 2, 2, 1, 2, 2], 0, diary)
    assert len(buffer) == 10 * AGENTS
    assert buffer.fill == 1.0
    batch = buffer.sample(4000, 2, GAMMA, torch.Generator().manual_seed(0))
    drawn = set(batch.now_and_bootstrap.meters[:4000, 0].int().tolist())
    assert drawn == set(range(17 * AGENTS, 25 * AGENTS))


def test_an_imagined_move_starts_anywhere_and_leads_where_such_moves_led() -> None:
    buffer, diary = a_buffer(), Diary()
    act_at_random(buffer, 400, [0, 2, 2, 1, 2, 2], 0, diary)
    led: dict[tuple[int, int], int] = {}
    for row in diary.rows:
        led.update({(cell, action): cell for cell, _, action, *_ in row})
    batch = buffer.sample(500, 3, GAMMA, torch.Generator().manual_seed(0), augmented_moves=1.0)
    first = batch.now_and_bootstrap
    for b in range(500):
        if batch.action[b] == INTERACT or not batch.valid[b]:
            continue
        cell, action = int(first.cell[b]), int(batch.action[b])
        assert first.affordance_here[b] == diary.shown(cell)
        assert (batch.intrinsic_discounts[1:, b] == 0.0).all()
        if batch.discount[b] > 0.0:
            assert int(first.cell[500 + b]) == led[cell, action]
            assert batch.discount[b].item() == pytest.approx(GAMMA)


def test_without_relocation_memories_stay_as_they_were() -> None:
    buffer, diary = a_buffer(relocate=False), Diary()
    act_at_random(buffer, 30, [0, 2, 2, 1, 2, 2], 0, diary)
    act_at_random(buffer, 5, [2, 2, 0, 2, 2, 1], 1, diary)
    batch = buffer.sample(300, 1, GAMMA, torch.Generator().manual_seed(0))
    for b in range(300):
        t, agent = divmod(round(batch.now_and_bootstrap.meters[b, 0].item()), AGENTS)
        assert (
            int(batch.now_and_bootstrap.cell[b]),
            int(batch.now_and_bootstrap.affordance_here[b]),
        ) == diary.rows[t][agent][:2]


def test_clearing_forgets_transitions_but_not_what_stands_where() -> None:
    buffer, diary = a_buffer(), Diary()
    act_at_random(buffer, 30, [0, 2, 2, 1, 2, 2], 0, diary)
    before = buffer.relabelling.affordance_map().clone()
    buffer.clear()
    assert len(buffer) == 0
    assert buffer.relabelling.affordance_map().equal(before)
    assert before.tolist() == [0, 2, 2, 1, 2, 2]


def test_rollouts_fill_the_ring_as_single_steps_do() -> None:
    for steps in (12, 24, 48):
        by_one, by_four, diary = a_buffer(24), a_buffer(27, rollout_steps=4), Diary()
        act_at_random(by_one, steps, [0, 2, 2, 1, 2, 2], 0, diary)
        act_at_random(by_four, steps, [0, 2, 2, 1, 2, 2], 0, Diary(), rollout_steps=4)
        assert len(by_one) == len(by_four) == min(steps, 24) * AGENTS
        one, four = (
            each.sample(500, 3, GAMMA, torch.Generator().manual_seed(steps)) for each in (by_one, by_four)
        )
        agrees(four, diary, 3)
        for mine, theirs in zip(one, four, strict=True):
            for a, b in zip(mine, theirs, strict=True):
                assert a.equal(b)


def test_bonuses_count_as_far_as_the_return_goes() -> None:
    buffer, diary = a_buffer(), Diary()
    act_at_random(buffer, 60, [0, 2, 2, 1, 2, 2], 3, diary)
    sample = buffer.sample(96, 3, GAMMA, torch.Generator().manual_seed(5))
    rewards = torch.rand(3 * 96)
    assert sample.intrinsic_return(rewards).equal((sample.intrinsic_discounts * rewards.view(3, 96)).sum(0))


def test_a_restored_buffer_samples_the_same() -> None:
    buffer, restored, diary = a_buffer(), a_buffer(), Diary()
    act_at_random(buffer, 57, [0, 2, 2, 1, 2, 2], 3, diary)
    restored.load_state_dict(copy.deepcopy(buffer.state_dict()))
    for each in (buffer, restored):
        act_at_random(each, 9, [2, 2, 0, 2, 2, 1], 4, copy.deepcopy(diary))
    one, other = (
        each.sample(64, 3, GAMMA, torch.Generator().manual_seed(1), 0.5) for each in (buffer, restored)
    )
    for mine, theirs in zip(one, other, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert a.equal(b)
