"""The recorder against a naive one that keeps every step of every agent in Python lists."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from core.config import load_config
from core.config_schema import RunConfig
from core.events import AffordancesUsed, CellsVisited, EpisodeFinished, EpisodeTraced, Event
from core.novelty_map import unpack_novelty
from core.packing import unpack_indices, unpack_meters
from producer.agent.rollout import Rollout
from producer.run.event_recorder import EventRecorder, novelty_of_cells
from producer.training.anomaly import NotFiniteError
from producer.training.episodes import FinishedEpisode
from producer.training.trainer import Trainer
from tests.support.training import CollectedEvents


class NaiveRecorder(EventRecorder):
    """Keeps each agent's steps as plain numbers, too; `finished` holds the steps of the finished episodes."""

    def __init__(self, config: RunConfig, events: CollectedEvents) -> None:
        super().__init__(config, "cpu", events)
        self.steps: list[list[dict[str, object]]] = [[] for _ in range(config.population.num_agents)]
        self.finished: list[list[dict[str, object]]] = []

    def record_rollout(self, rollout: Rollout) -> None:
        super().record_rollout(rollout)
        seen, step = rollout.observation, rollout.step
        for k in range(rollout.num_steps):
            for agent, steps in enumerate(self.steps):
                steps.append(
                    {
                        "cell_before": int(seen.cell[k, agent]),
                        "meters_before": seen.meters[k, agent].clone().numpy(),
                        "action": int(rollout.action[k, agent]),
                        "cell": int(step.cell[k, agent]),
                        "meters": step.meters[k, agent].clone().numpy(),
                        "used": int(step.affordance_used[k, agent]),
                        "reward": float(step.reward[k, agent]),
                    }
                )

    def record_episode(self, episode: FinishedEpisode, trainer: Trainer) -> None:
        super().record_episode(episode, trainer)
        steps = self.steps[episode.agent]
        self.finished.append(steps[: episode.survival_time])
        self.steps[episode.agent] = steps[episode.survival_time :]


def of_type(events: list[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def test_events_of_an_episode_are_what_happened_step_by_step(small_config: Path) -> None:
    config = load_config(small_config)
    events = CollectedEvents()
    recorder = NaiveRecorder(config, events)
    trainer = Trainer(config, recorder)
    while len(recorder.finished) < 60:
        trainer.step()

    names = config.world.affordance_names
    finished, visited = of_type(events, EpisodeFinished), of_type(events, CellsVisited)
    transitions, traced = of_type(events, AffordancesUsed), of_type(events, EpisodeTraced)
    assert [event.episode for event in finished] == list(range(1, len(finished) + 1))
    assert len(finished) == len(visited) == len(transitions) == len(traced) == len(recorder.finished)
    assert any(event.affordances for event in transitions)
    assert {event.cause for event in finished} > {"limit"}
    for episode, cells, used, vitals, notes in zip(
        finished, visited, transitions, traced, recorder.finished, strict=True
    ):
        assert episode.survival_time == len(notes)
        assert cells.start_cell == notes[0]["cell_before"]
        assert unpack_indices(cells.path).tolist() == [note["cell"] for note in notes]
        assert unpack_indices(vitals.actions).tolist() == [note["action"] for note in notes]
        meters = np.array([notes[0]["meters_before"], *(note["meters"] for note in notes)])
        assert np.abs(unpack_meters(vitals.meters, 6) / 255 - meters).max() <= 0.5 / 255 + 1e-6
        expected = [(names[note["used"]], at) for at, note in enumerate(notes, 1) if note["used"] >= 0]
        assert list(zip(used.affordances, used.steps, strict=True)) == expected
        assert episode.extrinsic_reward == pytest.approx(sum(note["reward"] for note in notes), abs=1e-4)
        assert (episode.cause == "limit") == (
            episode.survival_time == 150 and notes[-1]["meters"][:3].min() > 0
        )


def test_only_every_nth_episode_is_traced(small_config: Path) -> None:
    config = load_config(small_config, {"recording.trace_every": 3})
    events = CollectedEvents()
    trainer = Trainer(config, EventRecorder(config, "cpu", events))
    while len(of_type(events, EpisodeFinished)) < 20:
        trainer.step()
    told = len(of_type(events, EpisodeFinished))
    assert [event.episode for event in of_type(events, EpisodeTraced)] == list(range(3, told + 1, 3))


def test_episodes_in_progress_survive_a_checkpoint(small_config: Path) -> None:
    config = load_config(small_config)
    events = CollectedEvents()
    recorder = EventRecorder(config, "cpu", events)
    trainer = Trainer(config, recorder)
    for _ in range(70):  # in the middle of episodes
        trainer.step()
    events_after = CollectedEvents()
    successor = EventRecorder(config, "cpu", events_after)
    successor.load_state_dict(recorder.state_dict())
    told = len(events)
    heir = Trainer(config, successor)
    heir.load_state_dict(trainer.state_dict())
    for _ in range(200):
        trainer.step()
    for _ in range(200):
        heir.step()
    assert events_after == events[told:]
    assert len(of_type(events_after, EpisodeFinished)) >= 8


def test_novelty_is_higher_where_an_affordance_has_just_been_put(small_config: Path) -> None:
    curious = {"rnd_hidden": 64, "embed_dim": 32, "rnd_learning_rate": 0.003}
    overrides = {f"exploration.{key}": value for key, value in curious.items()}
    config = load_config(small_config, overrides | {"population.num_agents": 32})
    trainer = Trainer(config, EventRecorder(config, "cpu", CollectedEvents()))
    for _ in range(500):
        trainer.step()
    town = trainer.town
    moved_from = [config.world.cell_index(cell) for cell in town.placements().values()]
    before = novelty_of_cells(town, trainer.novelty)
    town.randomize_affordances(seed=1)
    after = novelty_of_cells(town, trainer.novelty)
    moved_to = [config.world.cell_index(cell) for cell in town.placements().values()]
    untouched = sorted(set(range(64)) - {*moved_from, *moved_to})
    assert after[moved_to].mean() > 2.0 * before[moved_to].mean()
    assert np.array_equal(after[untouched], before[untouched])


def test_novelty_in_the_log_is_that_of_the_whole_town(small_config: Path) -> None:
    config = load_config(small_config)
    events = CollectedEvents()
    trainer = Trainer(config, EventRecorder(config, "cpu", events))
    while not events:
        trainer.step()
    # nothing has been learnt between the end of the episode and now
    expected = novelty_of_cells(trainer.town, trainer.novelty)
    stored = unpack_novelty(of_type(events, CellsVisited)[-1].novelty)
    assert stored.shape == (64,)
    np.testing.assert_allclose(stored, expected, rtol=1e-3)


def test_a_poisoned_reward_is_not_written_down(small_config: Path) -> None:
    config = load_config(small_config)
    events = CollectedEvents()
    trainer = Trainer(config, EventRecorder(config, "cpu", events))
    for _ in range(10):
        trainer.step()
    trainer.novelty.predictor.flat.fill_(torch.nan)

    def go_on() -> None:
        for _ in range(200):
            trainer.step()

    with pytest.raises(NotFiniteError, match="intrinsic reward"):
        go_on()
    assert events == []


def test_recorded_events_encode_as_json_without_nulls_for_numbers(small_config: Path) -> None:
    config = load_config(small_config)
    events = CollectedEvents()
    trainer = Trainer(config, EventRecorder(config, "cpu", events))
    while len(events) < 40:
        trainer.step()
    for event in events:
        decoded = msgspec.json.decode(msgspec.json.encode(event), type=type(event))
        assert decoded == event


def test_the_ring_holds_whole_rollouts_of_any_length(small_config: Path) -> None:
    """Episodes up to the limit, whose rollouts do not divide it: every step is recorded, none overwritten."""
    for rollout_steps in (1, 7, 16):
        config = load_config(
            small_config, {"population.learn_every": rollout_steps, "curriculum.start_stage": 1}
        )
        events = CollectedEvents()
        recorder = NaiveRecorder(config, events)
        trainer = Trainer(config, recorder)
        while len(recorder.finished) < 24:
            trainer.step()
        for cells, notes in zip(of_type(events, CellsVisited), recorder.finished, strict=True):
            assert unpack_indices(cells.path).tolist() == [note["cell"] for note in notes]
        assert max(len(notes) for notes in recorder.finished) == 150
