"""Small runs of the trainer, in the test process, and what their parts pass to each other."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import yaml

from core.config_schema import RunConfig
from core.events import EpisodeFinished, Event
from core.process.signals import ShutdownSignal
from core.run_directory import in_folder
from producer.run.config_changes import Given
from producer.run.console import Console
from producer.run.run import run
from producer.training.episodes import FinishedEpisode
from tests.support.processes import REPOSITORY

DEFAULT_CONFIG = REPOSITORY / "configs/townlet/sparse_adaptive.yaml"


def write_small_config(path: Path) -> Path:
    """Write the default configuration cut down to seconds: few agents, short episodes, small networks.

    130 episodes, checkpoints every 20, affordances moved at 50; all else as in `sparse_adaptive.yaml`.
    """
    settings = yaml.safe_load(DEFAULT_CONFIG.read_text())
    settings["experiment"]["name"] = "small"
    settings["population"] |= {
        "num_agents": 8,
        "hidden": 16,
        "batch_size": 16,
        "learning_starts": 100,
        "replay_buffer_capacity": 4_000,
    }
    settings["exploration"] |= {"rnd_hidden": 8, "embed_dim": 4}
    settings["training"] |= {
        "num_episodes": 130,
        "max_steps_per_episode": 150,
        "randomize_affordances_at": 50,
        "checkpoint_every": 20,
    }
    path.write_text(yaml.safe_dump(settings))
    return path


def write_paced_config(path: Path, config: Path, episodes_per_hour: float) -> Path:
    """Write a configuration with a pace: a trainer that must be seen alive then outlives any fast machine.

    The pace is no part of what decides learning: a run goes on, and learns the same, with another pace.
    """
    settings = yaml.safe_load(config.read_text())
    settings["training"]["pace"] = {"episodes_per_hour": episodes_per_hour}
    path.write_text(yaml.safe_dump(settings))
    return path


class StopAfter(ShutdownSignal):
    """Requested after so many rollouts: the trainer reads `requested` once in each."""

    def __init__(self, rollouts: int) -> None:
        super().__init__()
        self._rollouts = rollouts

    @property
    def requested(self) -> bool:
        self._rollouts -= 1
        if self._rollouts < 0:
            self.signal_name = "SIGTERM"
        return super().requested


def train(folder: Path, config: RunConfig, stop: ShutdownSignal | None = None, **consents: bool) -> None:
    """Train in a run directory until the run is complete or `stop` is requested.

    `config` stands for a configuration file; its length and pace are given as options too. `consents` are
    `accept_changes` and `start_over`.
    """
    training = msgspec.to_builtins(config.training)
    options = {f"training.{key}": training[key] for key in ("num_episodes", "pace")}
    given = Given(config, "the file", options, **consents)
    run(given, in_folder(folder), Console(), stop or ShutdownSignal())


class CollectedEvents(list[Event]):
    """The end of the way for an event recorder's events: all of them, in order."""

    def record_episode(self, finished: EpisodeFinished, details: Sequence[Event]) -> None:
        self.extend([finished, *details])

    def record_decision(self, event: Event) -> None:
        self.append(event)


def a_finished_episode(survival_time: int, born_stage: int, episode: int = 1) -> FinishedEpisode:
    """An episode of agent 0 that ended without energy and without reward."""
    return FinishedEpisode(
        episode=episode,
        agent=0,
        survival_time=survival_time,
        total_reward=0.0,
        extrinsic_reward=0.0,
        intrinsic_reward=0.0,
        born_stage=born_stage,
        cause="energy",
        vector_step=survival_time,
    )
