"""A checkpoint of format 1 becomes one of the present format."""

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import load_config
from core.errors import ConfigError
from core.events import AffordancesUsed, AnyEvent, EpisodeFinished
from producer.run.migration import FORMAT, migrate, migrate_replay
from producer.training.memory_recorder import MemoryRecorder
from producer.training.trainer import Trainer

WAITING = (
    '[{"type":"episode_finished","episode":21,"agent":3,"survival_time":80,"total_reward":-0.5,'
    '"extrinsic_reward":-1.0,"intrinsic_reward":0.5,"intrinsic_weight":1.0,"curriculum_stage":2,'
    '"epsilon":0.4,"cause":"energy","vector_step":160},'
    '{"type":"transitions_made","episode":21,"affordances":["Bed"],"steps":[7]}]'
)


def of_format_1(trainer: Trainer) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a release of format 1 would have written: checkpoint and replay buffer."""
    state = copy.deepcopy(trainer.state_dict())
    replay = state.pop("replay_buffer")
    replay["sightings"] = replay.pop("relabelling")
    state["learner"], state["lives"] = state.pop("dqn"), state.pop("episodes")
    parts = state["exploration"]
    epsilon, weight, detector = parts["epsilon"], parts["intrinsic_weight"], parts["detector"]
    state["exploration"] = {
        "intrinsic_weight": weight["value"],
        "excess": epsilon["excess"],
        "window": weight["survival_times"],
        "reported_weight": weight["reported"],
        "annealing": weight["annealing"],
        "stage": detector["stage"],
        "newest": detector["newest"],
        "reference": detector["reference"],
        "stage_lives": detector["stage_episodes"],
        "recovering": detector["recovering"],
        "recovery_reference": detector["recovery_reference"],
        "recovery_steps": detector["recovery_steps"],
    }
    journal = {"episodes": 20, "held_back": [WAITING]}
    return {"format": 1, "branch": 0, "trainer": state, "recorder": {}, "journal": journal}, replay


@pytest.fixture
def trainer(small_config: Path) -> Trainer:
    config = load_config(small_config)
    trainer = Trainer(config, MemoryRecorder(config))
    for _ in range(60):
        trainer.step()
    return trainer


def test_a_trainer_continues_from_format_1(trainer: Trainer) -> None:
    old, old_replay = of_format_1(trainer)
    state = migrate(old, "checkpoint_ep00020.pt")
    assert state["format"] == FORMAT
    restored = Trainer(trainer.config, MemoryRecorder(trainer.config))
    restored.load_state_dict(state["trainer"] | {"replay_buffer": migrate_replay(old_replay)})
    for _ in range(20):
        trainer.step()
        restored.step()
    assert restored.dqn.q_network.flat.equal(trainer.dqn.q_network.flat)
    assert restored.exploration.state_dict() == trainer.exploration.state_dict()


def test_a_recovery_under_way_keeps_its_window(trainer: Trainer) -> None:
    old, _ = of_format_1(trainer)
    old["trainer"]["exploration"] |= {"recovering": True, "window": [200, 210]}
    exploration = migrate(old, "checkpoint_ep00020.pt")["trainer"]["exploration"]
    assert exploration["detector"]["since_drop"] == [200, 210]
    assert exploration["intrinsic_weight"]["survival_times"] == [200, 210]


def test_waiting_events_get_their_present_names_and_versions(trainer: Trainer) -> None:
    old, _ = of_format_1(trainer)
    (waiting,) = migrate(old, "checkpoint_ep00020.pt")["writer"]["held_back"]
    finished, used = msgspec.json.decode(waiting, type=list[AnyEvent])
    assert isinstance(finished, EpisodeFinished)
    assert (finished.episode, finished.born_stage) == (21, 2)
    assert used == AffordancesUsed(episode=21, affordances=("Bed",), steps=(7,))


def test_the_present_format_stays_as_it_is(trainer: Trainer) -> None:
    state = {"format": FORMAT, "trainer": trainer.state_dict()}
    assert migrate(state, "checkpoint_ep00020.pt") is state
    replay = trainer.replay_buffer.state_dict()
    assert migrate_replay(replay) is replay


@pytest.mark.parametrize("found", [None, 0, FORMAT + 1, "2"])
def test_an_unknown_format_is_refused_by_its_number(found: object) -> None:
    with pytest.raises(ConfigError, match=f"ep00020.pt: is of format {found}, this release reads"):
        migrate({"format": found}, "checkpoint_ep00020.pt")
