"""An episode is recorded once, with what its steps brought."""

import copy

import msgspec
import pytest
import torch
from torch import Tensor

from core.events import EpisodeFinished
from producer.agent.rollout import roll_out
from producer.environment.town import Observation, Town
from producer.training.episodes import EpisodeTracker, FinishedEpisode

STEPS = 5


def at_random(generator: torch.Generator):  # type: ignore[no-untyped-def]
    def policy(observation: Observation) -> Tensor:
        return torch.randint(5, (len(observation.cell),), generator=generator)

    return policy


def a_tracker(town: Town) -> EpisodeTracker:
    return EpisodeTracker(town.num_agents, town.world.meter_names)


def test_sums_and_numbers_of_finished_episodes(town: Town) -> None:
    town.set_stage(4)
    town.state_dict()["meters"][:3, 0] = 0.05
    tracker = a_tracker(town)
    generator = torch.Generator().manual_seed(0)
    sums = torch.zeros((town.num_agents, 3), dtype=torch.float64)
    finished: list[FinishedEpisode] = []
    for rollout in range(26):
        step = roll_out(town, at_random(generator), STEPS).step
        intrinsic = torch.rand((STEPS, town.num_agents), generator=generator)
        episodes = iter(tracker.add(step, intrinsic, 0.3, (rollout + 1) * STEPS))
        for k in range(STEPS):
            reward = step.reward[k]
            sums += torch.stack((reward, intrinsic[k], reward + 0.3 * intrinsic[k]), 1)
            for agent in step.done[k].nonzero().squeeze(1).tolist():
                episode = next(episodes)
                assert (episode.agent, episode.vector_step) == (agent, rollout * STEPS + k + 1)
                found = (episode.extrinsic_reward, episode.intrinsic_reward, episode.total_reward)
                assert found == pytest.approx(sums[agent].tolist())
                assert episode.survival_time == step.episode_length[k, agent]
                assert episode.born_stage == step.born_stage[k, agent]
                cause = int(step.cause[k, agent])
                assert episode.cause == ("limit" if cause < 0 else town.world.meter_names[cause])
                sums[agent] = 0.0
                finished.append(episode)
        assert next(episodes, None) is None
    assert [episode.episode for episode in finished] == list(range(1, len(finished) + 1))
    assert len(finished) > town.num_agents
    assert {episode.cause for episode in finished} == {"limit", town.world.meter_names[0]}


def test_the_event_of_an_episode_begins_with_the_same_fields() -> None:
    of_event = {field.name: field.type for field in msgspec.structs.fields(EpisodeFinished)}
    for field in msgspec.structs.fields(FinishedEpisode):
        # None in the event: what the algorithm of a recorded run has no notion of
        assert of_event[field.name] in (field.type, field.type | None), field.name
    known_to_the_schedules = of_event.keys() - set(FinishedEpisode.__struct_fields__)
    assert known_to_the_schedules == {"intrinsic_weight", "curriculum_stage", "epsilon"}


def test_a_restored_tracker_continues(town: Town) -> None:
    tracker, restored = a_tracker(town), a_tracker(town)
    intrinsic = torch.ones((STEPS, town.num_agents))
    policy = at_random(torch.Generator().manual_seed(1))
    for rollout in range(10):
        tracker.add(roll_out(town, policy, STEPS).step, intrinsic, 1.0, (rollout + 1) * STEPS)
    restored.load_state_dict(copy.deepcopy(tracker.state_dict()))
    for rollout in range(10, 14):
        step = roll_out(town, policy, STEPS).step
        end = (rollout + 1) * STEPS
        assert tracker.add(step, intrinsic, 1.0, end) == restored.add(step, intrinsic, 1.0, end)
    assert tracker.count == restored.count > 0
