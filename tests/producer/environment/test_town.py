"""The town's rules, as properties of any walk through it."""

from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import load_config
from core.config_schema import RunConfig
from core.resources import find_config
from core.world import Obstacle
from producer.environment.rules import ACTIONS, INTERACT
from producer.environment.town import Town, TownStep

CONFIG = load_config(find_config(Path("sparse_adaptive")))
SEEDS = st.integers(0, 2**31)
STAGES = st.integers(1, len(CONFIG.curriculum.stages))


def a_town(num_agents: int = 8, seed: int = 0, stage: int = 4, config: RunConfig = CONFIG) -> Town:
    town = Town(config.world, config.curriculum.stages, num_agents, 60, seed)
    town.set_stage(stage)
    return town


def random_walk(town: Town, steps: int, seed: int) -> list[TownStep]:
    generator = torch.Generator().manual_seed(seed)
    actions = torch.randint(len(ACTIONS), (steps, town.num_agents), generator=generator)
    return [town.step(row) for row in actions]


def standing_on(town: Town, name: str, meters: dict[str, float]) -> None:
    """Put agent 0 onto an affordance with these meters, the others at 0.5."""
    state = town.state_dict()
    state["cell"][0] = town.world.cell_index(town.placements()[name])
    levels = [meters.get(meter, 0.5) for meter in town.world.meter_names]
    state["meters"][0] = torch.tensor(levels)
    town.load_state_dict(state)


def meter(step: TownStep, town: Town, name: str) -> float:
    return step.meters[0, town.world.meter_names.index(name)].item()


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, stage=STAGES)
def test_meters_stay_in_bounds_and_agents_in_town(seed: int, stage: int) -> None:
    town = a_town(seed=seed % 1000, stage=stage)
    for step in random_walk(town, 80, seed):
        for seen in (step.next_observation, town.observation()):
            assert ((seen.meters >= 0.0) & (seen.meters <= 1.0)).all()
            assert ((seen.cell >= 0) & (seen.cell < town.num_cells)).all()


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_a_step_leads_to_a_neighbour_and_walls_hold(seed: int) -> None:
    town = a_town()
    generator = torch.Generator().manual_seed(seed)
    offsets = torch.tensor([[0, -1], [0, 1], [-1, 0], [1, 0], [0, 0]])
    for _ in range(60):
        before = town.observation().cell
        actions = torch.randint(len(ACTIONS), (town.num_agents,), generator=generator)
        step = town.step(actions)
        width, height = town.world.width, town.world.height
        x = (before % width + offsets[actions, 0]).clamp(0, width - 1)
        y = (before // width + offsets[actions, 1]).clamp(0, height - 1)
        assert step.cell.equal(y * width + x)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, stage=STAGES)
def test_money_changes_by_exactly_price_and_wage(seed: int, stage: int) -> None:
    town = a_town(stage=stage)
    money = town.world.meter_names.index("money")
    for _ in range(60):
        before = town.observation().meters[:, money].clone()
        actions = torch.full((town.num_agents,), INTERACT)
        step = town.step(actions if seed % 2 else torch.randint(5, (town.num_agents,)))
        dollars = (step.meters[:, money] - before) * 100
        for used, change, held in zip(
            step.affordance_used.tolist(), dollars.tolist(), before.tolist(), strict=True
        ):
            if used < 0:
                assert change == 0.0
                continue
            affordance = town.world.affordances[used]
            reduced = [affordance.reduced_wage.wage] if affordance.reduced_wage is not None else []
            wages = [wage - affordance.price for wage in (affordance.wage, *reduced)]
            fitting = [min(wage, 100 - held * 100) for wage in wages]
            assert min(abs(change - wage) for wage in fitting) < 1e-4


def test_an_agent_that_cannot_pay_or_needs_nothing_is_refused_and_pays_nothing() -> None:
    town = a_town()
    standing_on(town, "Bed", {"energy": 0.3, "money": 0.04})
    assert town.step(torch.full((8,), INTERACT)).affordance_used[0] == -1
    standing_on(town, "Bed", {"energy": 0.9, "money": 0.5})
    step = town.step(torch.full((8,), INTERACT))
    assert step.affordance_used[0] == -1
    assert meter(step, town, "money") == 0.5
    assert meter(step, town, "energy") == pytest.approx(0.9 - 0.005)


def test_exactly_the_price_is_enough() -> None:
    town = a_town()
    standing_on(town, "Bed", {"energy": 0.3, "money": 0.05})
    step = town.step(torch.full((8,), INTERACT))
    assert step.affordance_used[0] == town.world.affordance_names.index("Bed")
    assert meter(step, town, "money") == pytest.approx(0.0, abs=1e-6)
    assert meter(step, town, "energy") == pytest.approx(0.3 + 0.5 - 0.005)


@pytest.mark.parametrize(("energy", "wage"), [(0.6, 0.30), (0.39, 0.15)])
def test_low_meters_reduce_the_wage(energy: float, wage: float) -> None:
    town = a_town()
    standing_on(town, "Job", {"energy": energy, "hygiene": 0.6, "money": 0.1})
    assert meter(town.step(torch.full((8,), INTERACT)), town, "money") == pytest.approx(0.1 + wage)


def test_interact_off_an_affordance_does_nothing_but_pass_time() -> None:
    town = a_town()
    standing_on(town, "Bed", {})
    town.place([(x, town.world.height - 1) for x in range(town.num_affordances)])
    step = town.step(torch.full((8,), INTERACT))
    assert step.affordance_used[0] == -1
    assert meter(step, town, "hygiene") == pytest.approx(0.5 - 0.003)


def test_a_move_costs_the_same_at_every_stage() -> None:
    costs = []
    for stage in (1, 5):
        town = a_town(stage=stage)
        drain = 0.005 * CONFIG.curriculum.stages[stage - 1].depletion
        standing_on(town, "Shower", {})
        costs.append(0.5 - meter(town.step(torch.zeros(8, dtype=torch.int64)), town, "energy") - drain)
    assert costs == pytest.approx([0.005, 0.005], abs=1e-6)


def test_a_low_meter_drains_the_one_it_is_coupled_to() -> None:
    town = a_town()
    standing_on(town, "Bed", {"social": 0.156, "mood": 0.5})
    step = town.step(torch.zeros(8, dtype=torch.int64))
    assert meter(step, town, "mood") == pytest.approx(0.5 - 0.001 - 0.05 * (0.3 - 0.15) / 0.3, abs=1e-5)


def test_an_empty_vital_meter_kills_only_where_it_is_active() -> None:
    for stage, dies in ((1, False), (2, True)):
        town = a_town(stage=stage)
        standing_on(town, "Bed", {"satiation": 0.001})
        step = town.step(torch.zeros(8, dtype=torch.int64))
        assert bool(step.terminated[0]) is dies
        assert step.cause[0] == (town.world.meter_names.index("satiation") if dies else -1)
        assert step.episode_length[0] == 1


def test_reward_is_shaped_until_the_last_stage() -> None:
    for stage in (2, 5):
        town = a_town(stage=stage)
        standing_on(town, "Bed", {})
        step = town.step(torch.zeros(8, dtype=torch.int64))
        active = CONFIG.curriculum.stages[stage - 1].active_meters
        lacking = sum(1 - meter(step, town, name) for name in active) / len(active)
        assert step.reward[0].item() == pytest.approx(-0.01 * lacking if stage == 2 else 0.0)
    standing_on(town, "Bed", {"energy": 0.001})
    assert town.step(torch.zeros(8, dtype=torch.int64)).reward[0] == -1.0


def test_an_episode_that_reaches_the_limit_is_truncated_and_another_one_starts() -> None:
    town = a_town(stage=1)
    steps = [town.step(torch.full((8,), INTERACT)) for _ in range(60)]
    assert not any(step.truncated.any() for step in steps[:-1])
    last = steps[-1]
    assert last.truncated.all()
    assert (last.episode_length == 60).all()
    assert (town.observation().meters[:, 0] == 1.0).all()
    assert (town.step(torch.full((8,), INTERACT)).episode_length == 1).all()


def test_the_same_seed_gives_the_same_episodes_and_another_one_others() -> None:
    walks = [random_walk(a_town(seed=seed), 120, 7) for seed in (3, 3, 4)]
    cells = [torch.stack([step.cell for step in walk]) for walk in walks]
    assert cells[0].equal(cells[1])
    assert not cells[0].equal(cells[2])


def test_the_episodes_of_an_agent_do_not_depend_on_the_other_agents() -> None:
    few, many = a_town(num_agents=3, seed=5), a_town(num_agents=50, seed=5)
    generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        actions = torch.randint(len(ACTIONS), (50,), generator=generator)
        alone, crowded = few.step(actions[:3]), many.step(actions)
        # BLAS sums a reward's terms in an order that depends on the number of rows: equal but for rounding.
        torch.testing.assert_close(alone.reward, crowded.reward[:3])
        for name in (
            "cell",
            "meters",
            "affordance_here",
            "affordance_used",
            "terminated",
            "truncated",
            "cause",
            "episode_length",
            "born_stage",
        ):
            assert getattr(alone, name).equal(getattr(crowded, name)[:3]), name
        for mine, theirs in zip(few.observation(), many.observation(), strict=True):
            assert mine.equal(theirs[:3])


def test_a_restored_town_goes_on_bit_by_bit() -> None:
    town = a_town()
    random_walk(town, 33, 1)
    town.randomize_affordances(9)
    saved = {
        key: value.clone() if torch.is_tensor(value) else value for key, value in town.state_dict().items()
    }
    restored = a_town(seed=99, stage=1)
    restored.load_state_dict(saved)
    for mine, theirs in zip(random_walk(town, 90, 2), random_walk(restored, 90, 2), strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert a.equal(b)
    for a, b in zip(town.observation(), restored.observation(), strict=True):
        assert a.equal(b)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_every_affordance_moves_and_none_share_a_cell(seed: int) -> None:
    town = a_town()
    old = town.placements()
    town.randomize_affordances(seed)
    new = town.placements()
    assert all(old[name] != new[name] for name in old)
    assert len(set(new.values())) == len(new)
    here = town.observation().affordance_here
    cells = {town.world.cell_index(cell): i for i, cell in enumerate(new.values())}
    assert here.tolist() == [
        cells.get(cell, town.num_affordances) for cell in town.observation().cell.tolist()
    ]


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_no_agent_starts_in_an_obstacle_or_enters_one_and_no_affordance_moves_there(seed: int) -> None:
    obstacles = [Obstacle("wall", (3, 0), (3, 6)), Obstacle("water", (5, 0))]
    world = msgspec.structs.replace(CONFIG.world, obstacles=obstacles)
    town = a_town(seed=seed % 1000, config=msgspec.structs.replace(CONFIG, world=world))
    closed = torch.tensor(list(world.obstacle_cells))
    assert len(closed) == 8
    assert not torch.isin(town.observation().cell, closed).any()
    for step in random_walk(town, 80, seed):
        assert not torch.isin(step.cell, closed).any()
        assert not torch.isin(town.observation().cell, closed).any()
    town.randomize_affordances(seed)
    moved = {world.cell_index(cell) for cell in town.placements().values()}
    assert moved.isdisjoint(world.obstacle_cells)
