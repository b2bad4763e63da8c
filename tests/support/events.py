"""Make events by hand, with only what a test cares about: a town of 4 by 3 cells, three stages."""

from typing import Any

import msgspec
import numpy as np

from core import events as e
from core.novelty_map import pack_novelty
from core.packing import pack_indices, pack_meters
from core.run_summary import curriculum_payload, wages_payload

PLACES = (e.Placement("Bed", 1, 1), e.Placement("Job", 3, 2), e.Placement("Fridge", 0, 0))
MOVED = (e.Placement("Bed", 2, 2), e.Placement("Job", 0, 1), e.Placement("Fridge", 3, 0))
SAVED = e.SavedFile("checkpoint_ep00002.pt", "ab" * 32, 123)


def started(**changes: Any) -> e.RunStarted:
    """A run of 10 episodes with 2 agents."""
    config: dict[str, Any] = {
        "curriculum": {
            "start_stage": 1,
            "survival_advance_threshold": 0.7,
            "survival_retreat_threshold": 0.3,
            "stages": [{}, {}, {}],
        },
        "training": {"max_steps_per_episode": 200, "randomize_affordances_at": 2},
        "world": {"money_meter": "money", "affordances": [{"name": "Job", "wage": 30}, {"name": "Bed"}]},
    }
    values: dict[str, Any] = {
        "seed": 3,
        "num_episodes": 10,
        "num_agents": 2,
        "config_name": "tiny",
        "config": config,
        "config_hash": "c0",
        "run_id": "a" * 26,
        "curriculum": msgspec.convert(curriculum_payload(config), e.CurriculumSummary),
        "wages": wages_payload(config),
        "packages": {},
        "device": "cpu",
        "world": e.WorldMap(
            width=4,
            height=3,
            meters=("energy", "money", "mood", "social"),
            vital_meters=("energy",),
            affordances=PLACES,
            actions=("UP", "DOWN", "LEFT", "RIGHT", "INTERACT"),
            max_steps=200,
        ),
    }
    return e.RunStarted(**(values | changes))


def finished(episode: int, survival: int = 4, **changes: Any) -> e.EpisodeFinished:
    """An episode of agent 1 that ended after `survival` steps."""
    values: dict[str, Any] = {
        "agent": 1,
        "survival_time": survival,
        "total_reward": 1.5,
        "extrinsic_reward": -1.0,
        "intrinsic_reward": 2.5,
        "intrinsic_weight": 1.0,
        "born_stage": 1,
        "curriculum_stage": 1,
        "epsilon": 0.5,
        "cause": "energy",
        "vector_step": 10 * episode,
    }
    return e.EpisodeFinished(episode=episode, **(values | changes))


def cells(episode: int, path: list[int], novelty: float = 0.5, start: int = 0) -> e.CellsVisited:
    """The path of an episode; every cell is equally novel."""
    return e.CellsVisited(
        episode=episode,
        start_cell=start,
        path=pack_indices(path),
        novelty=pack_novelty([novelty] * 12),
    )


def uses(episode: int, *affordances: str) -> e.AffordancesUsed:
    """Uses of affordances at the steps 1, 2, …"""
    steps = tuple(range(1, len(affordances) + 1))
    return e.AffordancesUsed(episode=episode, affordances=affordances, steps=steps)


def traced(episode: int, actions: list[int], meters: Any) -> e.EpisodeTraced:
    """The actions and meter levels (0 to 1) of an episode."""
    levels = np.rint(np.asarray(meters) * 255).astype(np.uint8)
    return e.EpisodeTraced(episode=episode, actions=pack_indices(actions), meters=pack_meters(levels))


def saved(episode: int, position: int) -> e.CheckpointSaved:
    """A checkpoint that stands for the log up to `position`."""
    return e.CheckpointSaved(episode=episode, position=position, checkpoint=SAVED, replay=None)


def resumed(after_episode: int, after_position: int, attempt: int = 2, **changes: Any) -> e.RunResumed:
    """An attempt that resumes after an episode."""
    values: dict[str, Any] = {
        "attempt": attempt,
        "checkpoint": SAVED.name if after_episode else None,
        "reason": "restart",
        "num_episodes": 10,
        "config_hash": "c1",
    }
    return e.RunResumed(after_episode=after_episode, after_position=after_position, **(values | changes))


def branched(episode: int, position: int, **changes: Any) -> e.RunBranched:
    """A branch of the run of `started`, without any change."""
    values: dict[str, Any] = {
        "run_id": "b" * 26,
        "parent_run_id": "a" * 26,
        "digest": "0" * 32,
        "changes": {},
        "layout": None,
        "layout_seed": None,
        "seed": None,
        "future": None,
        "num_episodes": 10,
        "config_hash": "c0",
        "packages": {},
        "device": "cpu",
        "exact": True,
        "inexact_because": "",
        "checkpoint": SAVED,
        "replay": SAVED,
    }
    return e.RunBranched(episode=episode, position=position, **(values | changes))
