"""One agent stepped with NumPy steps as an agent of the vectorised town does."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.config import load_config
from core.config_schema import Rewards
from core.resources import find_config
from producer.environment.observation import flatten_observation
from producer.environment.rules import ACTIONS, INTERACT
from producer.environment.single_agent import SingleAgent
from producer.environment.town import Town

CONFIG = load_config(find_config(Path("sparse_adaptive")))
STEPS = 3000


@pytest.mark.thorough
@pytest.mark.parametrize("stage", range(1, len(CONFIG.curriculum.stages) + 1))
def test_both_steps_are_the_same_in_all_stages_and_layouts(stage: int) -> None:
    town = Town(CONFIG.world, CONFIG.curriculum.stages, 1, 120, seed=stage, sight=stage % 3)
    agent = SingleAgent(town)
    generator = np.random.default_rng(stage)
    town.set_stage(stage)
    used: set[int] = set()
    causes: set[int] = set()
    ended = True
    for number in range(STEPS):
        if ended:
            if number % 5 == 0:
                town.randomize_affordances(number)
            # Start on an affordance, with low meters: that is where the rules differ from step to step.
            cell = town.world.cell_index(list(town.placements().values())[number % town.num_affordances])
            meters = generator.random(town.num_meters, dtype=np.float32)
            town.start_episodes(torch.tensor([0]), torch.tensor([cell]), torch.from_numpy(meters[None]))
            agent.start(cell, meters)
        action = int(generator.choice([INTERACT, *range(len(ACTIONS))]))
        theirs, ours = town.step(torch.tensor([action])), agent.step(action)
        reached = theirs.next_observation
        flat = flatten_observation(reached, town.sizes)[0].numpy()
        np.testing.assert_allclose(agent.observation(), flat, rtol=0, atol=1e-6)
        agent.meters = reached.meters[0].numpy().copy()  # a last bit is not to add up
        assert (ours.affordance_used, ours.cause) == (theirs.affordance_used.item(), theirs.cause.item())
        assert (ours.terminated, ours.truncated) == (theirs.terminated.item(), theirs.truncated.item())
        assert ours.reward == pytest.approx(theirs.reward.item(), abs=1e-6)
        assert agent.episode_length == theirs.episode_length.item()
        ended = ours.terminated or ours.truncated
        used.add(ours.affordance_used)
        causes.add(ours.cause)
    assert used == {-1, *range(town.num_affordances)}
    vital = set(CONFIG.curriculum.stages[stage - 1].active_meters) & {
        meter.name for meter in CONFIG.world.meters if meter.vital
    }
    assert causes == {-1, *(town.world.meter_names.index(name) for name in vital)}


def test_both_steps_pay_the_same_rewards() -> None:
    rewards = Rewards(
        death=-3.0,
        needs=0.5,
        money=0.25,
        expression="max(mood, 0.4) * min(energy, hygiene) - abs(change(social)) + (0.5 < energy) - 0.1",
    )
    town = Town(CONFIG.world, CONFIG.curriculum.stages, 1, 120, seed=0, rewards=rewards)
    town.set_stage(4)
    agent = SingleAgent(town)
    generator = np.random.default_rng(0)
    rewarded = set()
    for number in range(300):
        place = list(town.placements().values())[number % town.num_affordances]
        cell, meters = town.world.cell_index(place), generator.random(town.num_meters, dtype=np.float32) ** 4
        town.start_episodes(torch.tensor([0]), torch.tensor([cell]), torch.from_numpy(meters[None]))
        agent.start(cell, meters)
        theirs, ours = town.step(torch.tensor([INTERACT])), agent.step(INTERACT)
        assert ours.reward == pytest.approx(theirs.reward.item(), abs=1e-5)
        rewarded.add((ours.terminated, ours.affordance_used >= 0))
    assert rewarded == {(False, False), (False, True), (True, False), (True, True)}
