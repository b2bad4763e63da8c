"""The log of a run that another algorithm plays: episodes from observations, actions and rewards.

`producer.environment.record` wraps environments and calls this recorder. The recorder writes the same events
as `producer run`, less what it cannot know: intrinsic reward and weight, stages and epsilon are None, and
there are no heartbeats, checkpoints and policies.
"""

import contextlib
import hashlib
import secrets
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw
import msgspec
import numpy as np
import numpy.typing as npt

from core.config_schema import MAX_SEED
from core.definitions import WINDOW
from core.errors import StoreError
from core.events import (
    AffordancesRandomized,
    AffordancesUsed,
    CellsVisited,
    CurriculumSummary,
    EpisodeFinished,
    EpisodeTraced,
    Event,
    RunStarted,
    RunStopped,
)
from core.log import EventLog
from core.packages import installed_packages
from core.packing import METER_LEVELS, pack_cells, pack_indices, pack_meters
from core.process.lock import exclusive
from core.run_directory import in_folder
from core.run_id import new_run_id
from core.run_summary import wages
from producer.environment.gymnasium_town import TownDescription
from producer.environment.world_map import placements, world_map

__all__ = ["RunRecorder"]

COMMIT_SECONDS = 0.5
"""Seconds between two commits, as in `producer run`."""
NO_CURRICULUM = CurriculumSummary(
    stages=(), start_stage=1, survival_window=WINDOW, advance_at=0.0, retreat_at=0.0
)
LIBRARIES = ("gymnasium", "stable-baselines3")


class _Episode:
    """The episode in progress of one agent: cells and meters before each step, and what was done."""

    def __init__(self, cell: int, meters: npt.NDArray[np.uint8]) -> None:
        self.cells, self.meters = [cell], [meters]
        self.actions: list[int] = []
        self.used: list[str] = []
        self.used_at: list[int] = []
        self.reward = 0.0


class RunRecorder:
    """Writes the log of one run; `num_agents` environments side by side. Serves one thread.

    The run starts with the first call of `begin`, because only then its seed is known.
    """

    def __init__(
        self,
        run_dir: Path,
        town: TownDescription,
        num_agents: int,
        config: Mapping[str, Any],
        seed: int | None,
        num_episodes: int,
    ) -> None:
        """`config` describes the algorithm; `name` in it is what the run and the algorithm are called.

        Raises:
            StoreError: the directory holds a run already, or cannot be written.
            AlreadyRunningError: another process writes there.
        """
        self.seed = seed
        self.num_agents = num_agents
        self._town = town
        self._algorithm = {"name": "own algorithm"} | msgspec.to_builtins(dict(config), enc_hook=repr)
        self._num_episodes = num_episodes
        self._num_cells = town.config.world.num_cells
        self._num_meters = len(town.config.world.meters)
        self._trace_every = town.config.recording.trace_every
        self._episodes: list[_Episode | None] = [None] * num_agents
        self._run_id: str | None = None
        self._finished = 0
        self._vector_steps = 0
        self._buffer: list[Event] = []
        self._committed_at = time.monotonic()
        self._open = contextlib.ExitStack()
        files = in_folder(run_dir)
        if files.events.exists():
            raise StoreError(
                f"{run_dir}: holds a run already; a recording begins a new one, so name another directory"
            )
        self._open.enter_context(exclusive(files.events, "a recorded run"))
        try:
            self._log: EventLog | None = EventLog(files.events)
        except BaseException:
            self._open.close()
            raise
        self._open.callback(self._log.close)

    def begin(self, agent: int, observation: npt.NDArray[np.float32]) -> None:
        """An episode of `agent` starts; one that had not ended is left out."""
        if self._run_id is None:
            self._start()
        self._episodes[agent] = _Episode(*self._read(observation))

    def place(self, town: TownDescription) -> None:
        """Where the affordances stand from now on; a change is recorded as a move."""
        if town.cells == self._town.cells:
            return
        if self._run_id is not None:
            moved = AffordancesRandomized(
                episode=self._finished,
                seed=None,
                old=placements(self._town.cells),
                new=placements(town.cells),
            )
            self._record([moved])
        self._town = town

    def count_step(self) -> None:
        """All agents are about to take a step together."""
        self._vector_steps += 1

    def step(
        self,
        agent: int,
        action: int,
        observation: npt.NDArray[np.float32],
        reward: float,
        used: str | None,
        cause: str | None,
    ) -> None:
        """What one step did to an agent; `cause` is None unless the episode ended with this step.

        `observation` is the one after the step, also where the environment has begun the next episode.
        """
        episode = self._episodes[agent]
        if episode is None:
            return
        cell, meters = self._read(observation)
        episode.cells.append(cell)
        episode.meters.append(meters)
        episode.actions.append(action)
        episode.reward += reward
        if used is not None:
            episode.used.append(used)
            episode.used_at.append(len(episode.actions))
        if cause is not None:
            self._episodes[agent] = None
            self._record(self._events(agent, episode, cause))

    def close_when_gone(self, wrapper: object) -> "weakref.finalize[..., object]":
        """End the recording once `wrapper` is no longer used, if its program never calls `close`."""
        return weakref.finalize(wrapper, self.close, "signal", "the program ended without close()")

    def close(self, reason: str = "completed", detail: str = "") -> None:
        """Record the end of the run and let the log go; a second call does nothing."""
        if self._log is None:
            return
        try:
            if self._run_id is not None:
                self._buffer.append(RunStopped(episode=self._finished, reason=reason, detail=detail))
                self._commit()
        finally:
            self._log = None
            self._open.close()

    def _start(self) -> None:
        if self.seed is None:
            self.seed = secrets.randbelow(MAX_SEED + 1)
        self._run_id = new_run_id()
        town = self._town.config
        config: dict[str, Any] = {
            "experiment": {"name": self._algorithm["name"], "seed": self.seed},
            "algorithm": self._algorithm,
            "environment": {"stage": self._town.stage, "num_envs": self.num_agents},
            "exploration": {"novelty": "none"},
            "training": {"max_steps_per_episode": town.training.max_steps_per_episode},
            "world": msgspec.to_builtins(town.world),
        }
        canonical = msgspec.json.encode(config, order="sorted")
        started = RunStarted(
            run_id=self._run_id,
            seed=self.seed,
            num_episodes=self._num_episodes,
            num_agents=self.num_agents,
            config_name=str(self._algorithm["name"]),
            config=config,
            config_hash=hashlib.sha256(canonical).hexdigest(),
            world=world_map(town, self._town.cells),
            curriculum=NO_CURRICULUM,
            wages=wages(town),
            packages=installed_packages(LIBRARIES),
            device="",
        )
        self._buffer.append(started)
        self._commit()

    def _read(self, observation: npt.NDArray[np.float32]) -> tuple[int, npt.NDArray[np.uint8]]:
        """The cell and the quantised meters of an observation."""
        levels = observation[self._num_cells : self._num_cells + self._num_meters]
        cell = int(np.argmax(observation[: self._num_cells]))
        return cell, np.rint(levels * np.float32(METER_LEVELS)).astype(np.uint8)

    def _events(self, agent: int, episode: _Episode, cause: str) -> list[Event]:
        self._finished += 1
        number = self._finished
        events: list[Event] = [
            EpisodeFinished(
                episode=number,
                agent=agent,
                survival_time=len(episode.actions),
                total_reward=episode.reward,
                extrinsic_reward=episode.reward,
                intrinsic_reward=None,
                intrinsic_weight=None,
                born_stage=None,
                curriculum_stage=None,
                epsilon=None,
                cause=cause,
                vector_step=self._vector_steps,
            ),
            CellsVisited(
                episode=number,
                start_cell=episode.cells[0],
                path=pack_cells(episode.cells[1:], self._num_cells),
                novelty=b"",
            ),
            AffordancesUsed(episode=number, affordances=tuple(episode.used), steps=tuple(episode.used_at)),
        ]
        if self._trace_every and number % self._trace_every == 0:
            events.append(
                EpisodeTraced(
                    episode=number,
                    actions=pack_indices(episode.actions),
                    meters=pack_meters(np.stack(episode.meters)),
                )
            )
        return events

    def _record(self, events: list[Event]) -> None:
        self._buffer += events
        if time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            self._commit()

    def _commit(self) -> None:
        if self._log is None:
            raise StoreError("the recording is closed; wrap a new environment for a new run")
        try:
            self._log.append(self._buffer)
        except apsw.Error as error:
            raise StoreError(f"the log of the recorded run cannot be written ({error})") from error
        self._buffer = []
        self._committed_at = time.monotonic()
