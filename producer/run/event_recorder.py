"""The event recorder makes events about single episodes from rollouts of all agents.

The steps of the episodes in progress are kept in a ring buffer on the device, small integers
`[num_agents, rows, 3 + num_meters]`; when an episode ends, its steps are read at once. A path has as many
cells as its episode has steps, and each affordance used is one that took effect in the town.
`producer.run.event_writer` writes the events.
"""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.config_schema import RunConfig
from core.events import (
    AffordancesRandomized,
    AffordancesUsed,
    CellsVisited,
    EpisodeFinished,
    EpisodeTraced,
    Event,
    ExplorationChanged,
    StageChanged,
)
from core.novelty_map import in_blocks, pack_novelty
from core.packing import METER_LEVELS, pack_cells, pack_indices, pack_meters
from producer.agent.novelty import Novelty
from producer.agent.rollout import Rollout
from producer.environment.town import Town, TownStep
from producer.training.anomaly import NotFiniteError
from producer.training.episodes import FinishedEpisode
from producer.training.trainer import Trainer

__all__ = ["EventRecorder", "EventSink", "novelty_of_cells"]

CELL, ACTION, USED = range(3)
"""Columns of a step in the ring; the meters' levels follow."""
NUM_COLUMNS = 3

UNUSED = 255
"""In column USED: nothing took effect."""

NOVELTY_EVERY = 64
"""Vector steps, at least, that share one measurement of the town's novelty, which changes slowly."""


class EventSink(Protocol):
    """Where the recorder's events go."""

    def record_episode(self, finished: EpisodeFinished, details: Sequence[Event]) -> None:
        """Accept the events of one finished episode."""

    def record_decision(self, event: Event) -> None:
        """Accept a decision of the curriculum, of exploration or of the town's rearrangement."""


class EventRecorder:
    """Implements `producer.training.trainer.Recorder`; makes events and passes them to `sink`."""

    def __init__(
        self,
        config: RunConfig,
        device: torch.device | str,
        sink: EventSink,
    ) -> None:
        world = config.world
        self._sink = sink
        self._trace_every = config.recording.trace_every
        self._world = world
        self._affordances = world.affordance_names
        rollout = config.population.learn_every
        # An episode is recorded when its rollout is over; whole rollouts fit, so that no rollout is split.
        self._rows = (math.ceil(config.training.max_steps_per_episode / rollout) + 1) * rollout
        self._ring = torch.zeros(
            (config.population.num_agents, self._rows, NUM_COLUMNS + len(world.meters)),
            # a cell of a small town fits into a byte, which copies faster
            dtype=torch.uint8 if world.num_cells <= 256 else torch.int16,
            device=device,
        )
        self._steps = 0
        self._newest: TownStep | None = None
        self._novelty: bytes | None = None
        self._novelty_window = 0

    def record_rollout(self, rollout: Rollout) -> None:
        """Keep what was observed before each step, the action, and the affordance that took effect."""
        start = self._steps % self._rows
        rows = self._ring[:, start : start + rollout.num_steps].transpose(0, 1)
        used = rollout.step.affordance_used
        rows[:, :, CELL] = rollout.observation.cell
        rows[:, :, ACTION] = rollout.action
        rows[:, :, USED] = torch.where(used < 0, UNUSED, used)
        rows[:, :, NUM_COLUMNS:] = rollout.observation.meters.mul(METER_LEVELS).round_()
        self._steps += rollout.num_steps
        self._newest = rollout.step

    def record_episode(self, episode: FinishedEpisode, trainer: Trainer) -> None:
        """Make the events of a finished episode.

        Raises:
            NotFiniteError: the reward or the novelty is NaN or Inf; nothing was passed on.
        """
        if not math.isfinite(episode.total_reward):
            raise NotFiniteError("intrinsic reward")
        novelty = self._novelty_now(trainer)
        steps = self._steps_of(episode)
        (used_at,) = np.nonzero(steps[:, USED] != UNUSED)
        finished = EpisodeFinished(
            **msgspec.structs.asdict(episode),
            intrinsic_weight=trainer.exploration.intrinsic_weight,
            curriculum_stage=trainer.curriculum.stage,
            epsilon=trainer.exploration.epsilon,
        )
        number = episode.episode
        details: list[Event] = [
            CellsVisited(
                episode=number,
                start_cell=int(steps[0, CELL]),
                path=pack_cells(steps[1:, CELL], self._world.num_cells),
                novelty=novelty,
            ),
            AffordancesUsed(
                episode=number,
                affordances=tuple(self._affordances[index] for index in steps[used_at, USED].tolist()),
                steps=tuple((used_at + 1).tolist()),
            ),
        ]
        if self._trace_every and number % self._trace_every == 0:
            details.append(
                EpisodeTraced(
                    episode=number,
                    actions=pack_indices(steps[:-1, ACTION]),
                    meters=pack_meters(steps[:, NUM_COLUMNS:].astype(np.uint8, copy=False)),
                )
            )
        self._sink.record_episode(finished, details)

    def record_decision(self, event: StageChanged | ExplorationChanged | AffordancesRandomized) -> None:
        """Pass on a decision; after a rearrangement of the town the novelty is measured anew."""
        if isinstance(event, AffordancesRandomized):
            self._novelty = None
        self._sink.record_decision(event)

    def state_dict(self) -> dict[str, Any]:
        """The steps of the episodes in progress."""
        return {
            "ring": self._ring,
            "steps": self._steps,
            "novelty": None if self._novelty is None else list(self._novelty),
            "novelty_window": self._novelty_window,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken."""
        self._ring.copy_(state["ring"])
        self._steps = state["steps"]
        self._novelty = None if state["novelty"] is None else bytes(state["novelty"])
        self._novelty_window = state["novelty_window"]

    def _novelty_now(self, trainer: Trainer) -> bytes:
        """The town's novelty, packed, measured anew every few steps; empty in a run without RND."""
        if trainer.novelty is None:
            return b""
        window = self._steps // NOVELTY_EVERY
        if self._novelty is None or window != self._novelty_window:
            novelty = novelty_of_cells(trainer.town, trainer.novelty)
            if not np.isfinite(novelty).all():
                raise NotFiniteError("intrinsic reward")
            world = self._world
            values = in_blocks(novelty, world.width, world.height, tuple(world.obstacle_cells))
            self._novelty, self._novelty_window = pack_novelty(values), window
        return self._novelty

    def _steps_of(self, episode: FinishedEpisode) -> npt.NDArray[np.integer]:
        """An episode just ended, `[survival_time + 1, 3 + num_meters]`: before each step and after the last.

        The last row has a cell and meters only; its ACTION and USED mean nothing, so they read 0 and 255.
        """
        assert self._newest is not None
        steps_before_rollout_end = self._steps - episode.vector_step
        ring = _on_host(self._ring[episode.agent])
        after = episode.vector_step % self._rows
        before = after - episode.survival_time
        steps = np.empty((episode.survival_time + 1, ring.shape[1]), ring.dtype)
        steps[:-1] = ring[before:after] if before >= 0 else np.concatenate((ring[before:], ring[:after]))
        at = -1 - steps_before_rollout_end
        steps[-1, CELL] = _on_host(self._newest.cell)[at, episode.agent]
        steps[-1, ACTION], steps[-1, USED] = 0, UNUSED
        meters = _on_host(self._newest.meters)[at, episode.agent]
        steps[-1, NUM_COLUMNS:] = np.rint(meters * np.float32(METER_LEVELS))
        return steps


def _on_host(tensor: Tensor) -> npt.NDArray[Any]:
    """The tensor's own memory where it lies on the host already, else a copy."""
    array: npt.NDArray[Any] = (tensor if tensor.device.type == "cpu" else tensor.cpu()).numpy()
    return array


def novelty_of_cells(town: Town, novelty: Novelty) -> npt.NDArray[np.float32]:
    """How novel each cell is now, `[num_cells]`, for an agent that starts there.

    The meters of that agent are in the middle of their ranges at the start of an episode. Agents do observe
    such states at every cell, and the meters are the same for all cells, so that cells differ by place and by
    what stands there only.
    """
    array: npt.NDArray[np.float32] = novelty.measure(town.initial_observations()).cpu().numpy()
    return array
