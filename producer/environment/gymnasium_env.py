"""The town for everybody else's algorithms: Gymnasium's single and vector environment.

`Hamlet/Town-v0` is one agent, `TownVectorEnv` many. Observations are the network's inputs written out
(one-hot cell, meters, one-hot affordance underfoot), rewards the stage's. The behaviour is
`producer.environment.town`'s.
"""

from pathlib import Path
from typing import Any, cast

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from core.config import load_config
from core.config_schema import RunConfig
from core.resources import find_config
from producer.environment.observation import flatten_observation
from producer.environment.rules import ACTIONS
from producer.environment.town import Observation, Town

ENV_ID = "Hamlet/Town-v0"
DEFAULT_CONFIG = find_config(Path("sparse_adaptive"))

Floats = NDArray[np.float32]


class TownEnv(gymnasium.Env[Floats, np.int64]):
    """One agent in the town of a run's configuration."""

    metadata = {"render_modes": []}  # noqa: RUF012 (Gymnasium's own way to say it)

    def __init__(self, config: RunConfig | None = None, stage: int = 1) -> None:
        """`stage` counts from 1; the default configuration is the default run's."""
        self._config = config or load_config(DEFAULT_CONFIG)
        self._stage = stage
        self._town = _town(self._config, 1, stage, seed=0)
        self.observation_space = _observation_space(self._town)
        self.action_space = gymnasium.spaces.Discrete(len(ACTIONS))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """A new life, at a random cell. A seed begins the same sequence of lives again."""
        super().reset(seed=seed)
        if seed is not None:
            self._town = _town(self._config, 1, self._stage, seed)
        self._town.reset()
        return _written_out(self._town, self._town.observation())[0], {}

    def step(self, action: np.int64) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """One action. The last observation of a life is the one it ended with."""
        step = self._town.step(torch.tensor([int(action)]))
        observation = _written_out(self._town, step.next_observation)[0]
        return observation, step.reward.item(), bool(step.terminated), bool(step.truncated), {}


class TownVectorEnv(VectorEnv[Floats, NDArray[np.int64], NDArray[Any]]):
    """`num_envs` agents, stepped together; lives that end begin again in the same step."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(self, num_envs: int, config: RunConfig | None = None, stage: int = 1) -> None:
        """As `TownEnv`."""
        self._config = config or load_config(DEFAULT_CONFIG)
        self._stage = stage
        self.num_envs = num_envs
        self._town = _town(self._config, num_envs, stage, seed=0)
        self.single_observation_space = _observation_space(self._town)
        self.single_action_space = gymnasium.spaces.Discrete(len(ACTIONS))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """New lives for all. One seed decides them all; a list is not understood, agents share one town."""
        if isinstance(seed, list):
            raise TypeError("seed is a list; one number seeds all agents of a town")
        super().reset(seed=seed)
        if seed is not None:
            self._town = _town(self._config, self.num_envs, self._stage, seed)
        self._town.reset()
        return _written_out(self._town, self._town.observation()), {}

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[Floats, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """One action each, `[num_envs]`. What a finished life saw last is in info["final_obs"]."""
        step = self._town.step(torch.from_numpy(np.asarray(actions, dtype=np.int64)))
        info: dict[str, Any] = {}
        ended = step.done
        if bool(ended.any()):
            final = np.full(self.num_envs, None, dtype=object)
            for agent, row in zip(
                ended.nonzero().squeeze(1).tolist(),
                _written_out(self._town, step.next_observation)[ended],
                strict=True,
            ):
                final[agent] = row
            info = {"final_obs": final, "_final_obs": ended.numpy()}
        observation = _written_out(self._town, self._town.observation())
        return observation, step.reward.numpy(), step.terminated.numpy(), step.truncated.numpy(), info


def _town(config: RunConfig, num_agents: int, stage: int, seed: int) -> Town:
    town = Town(
        config.world,
        config.curriculum.stages,
        num_agents,
        config.training.max_steps_per_episode,
        seed,
        config.curriculum.shaping,
    )
    town.set_stage(stage)
    return town


def _observation_space(town: Town) -> gymnasium.Space[Floats]:
    size = town.num_cells + town.num_meters + town.num_affordances + 1
    return cast(gymnasium.Space[Floats], gymnasium.spaces.Box(0.0, 1.0, (size,), np.float32))


def _written_out(town: Town, observation: Observation) -> Floats:
    written: Floats = flatten_observation(observation, town.num_cells, town.num_affordances).numpy()
    return written


gymnasium.register(ENV_ID, entry_point="producer.environment.gymnasium_env:TownEnv")
