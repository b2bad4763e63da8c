"""The town as a vector environment of Gymnasium: all agents take a step in one go."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium.error import InvalidAction
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from producer.environment.gymnasium_town import Config, DescribesTown, Floats, GymnasiumTown, Layout
from producer.environment.observation import flatten_observation
from producer.environment.rendering import Pixels, draw, write
from producer.environment.rules import ACTIONS
from producer.environment.town import Observation, TownStep

__all__ = ["TownVectorEnv"]

Actions = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]


class TownVectorEnv(DescribesTown, VectorEnv[Floats, Actions, NDArray[Any]]):
    """`num_envs` agents in towns of one configuration, stage and layout; agents do not interact.

    Everything is as in `producer.environment.gymnasium_env.TownEnv`, with these differences:

    - An episode that ends is followed by the next one in the same step (`AutoresetMode.SAME_STEP`). The last
      observation of the ended episode is in `info["final_obs"]`, its information in `info["final_info"]`.
    - `info` has one array per key, with masks, as the vector environments of Gymnasium give it.
    - One seed decides the episodes of all agents. With a layout "random", all agents get the same one.
    - `render_mode` is "rgb_array" or "ansi"; `render` returns one picture or text per agent.
    """

    metadata = {  # noqa: RUF012
        "autoreset_mode": AutoresetMode.SAME_STEP,
        "render_modes": ["rgb_array", "ansi"],
        "render_fps": 10,
    }

    def __init__(
        self,
        num_envs: int = 1,
        config: Config | None = None,
        stage: int = 1,
        layout: Layout | None = None,
        render_mode: str | None = None,
    ) -> None:
        """`num_envs` is 1 or more; the other arguments and errors are those of `TownEnv`."""
        if num_envs < 1:
            raise ValueError(f"num_envs is {num_envs}; give 1 or more")
        if render_mode not in (None, *self.metadata["render_modes"]):
            known = ", ".join(self.metadata["render_modes"])
            raise ValueError(f"render_mode is {render_mode!r}; give None or one of {known}")
        self.num_envs = num_envs
        self.render_mode = render_mode
        self._shared = GymnasiumTown(config, num_envs, stage, layout)
        self.single_observation_space = self._shared.observation_space
        self.single_action_space = self._shared.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._nobody = np.full(num_envs, -1)
        self._everybody = np.ones(num_envs, dtype=np.bool_)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Start an episode of every agent.

        Raises:
            TypeError: `seed` is a list.
            ValueError: an option that does not exist, or a value that the configuration does not allow.
        """
        if isinstance(seed, list):
            raise TypeError("seed is a list; one number seeds all agents of a town")
        super().reset(seed=seed)
        self._shared.choose(options, self.np_random)
        self._start_episodes(np.arange(self.num_envs))
        observation = self._shared.town.observation()
        info = self._info(observation, self._nobody, self._nobody, self._everybody)
        return self._flatten(observation), info

    def step(self, actions: Actions) -> tuple[Floats, Floats, Bools, Bools, dict[str, Any]]:
        """Take one action per agent, `[num_envs]`.

        Raises:
            InvalidAction: not one integer in the action space for each agent.
        """
        step = self._step(np.asarray(actions))
        terminated, truncated = step.terminated.numpy(), step.truncated.numpy()
        done = terminated | truncated
        used, cause = step.affordance_used.numpy(), step.cause.numpy()
        final: dict[str, Any] = {}
        if done.any():
            agents = np.flatnonzero(done)
            last = self._flatten(Observation(*(column[agents] for column in step.next_observation)))
            final_obs = np.full(self.num_envs, None, dtype=object)
            for agent, row in zip(agents, last, strict=True):
                final_obs[agent] = row
            ends = np.where(truncated, self._shared.town.num_meters, cause)
            final_info = self._info(step.next_observation, used, ends, done)
            final = {
                "final_obs": final_obs,
                "_final_obs": done,
                "final_info": final_info,
                "_final_info": done.copy(),
            }
            self._start_episodes(agents)
            used = np.where(done, -1, used)
        observation = self._shared.town.observation()
        info = self._info(observation, used, self._nobody, self._everybody) | final
        return self._flatten(observation), step.reward.numpy(), terminated, truncated, info

    def render(self) -> tuple[Pixels | str, ...] | None:
        """One picture `[height, width, 3]` uint8 or one text per agent, by `render_mode`."""
        if self.render_mode is None:
            return None
        picture = draw if self.render_mode == "rgb_array" else write
        observation, stage = self._shared.town.observation(), self._shared.town.stage
        captions = (f"stage {stage}, environment {agent}" for agent in range(self.num_envs))
        return tuple(
            picture(self._shared.scene(cell, levels, caption))
            for cell, levels, caption in zip(
                observation.cell.tolist(), observation.meters.tolist(), captions, strict=True
            )
        )

    @torch.inference_mode()
    def _start_episodes(self, agents: NDArray[np.int64]) -> None:
        starts = self._shared.draw_starts(len(agents), self.np_random)
        self._shared.town.start_episodes(*map(torch.from_numpy, (agents, *starts)))

    @torch.inference_mode()
    def _step(self, actions: Actions) -> TownStep:
        if actions.shape != (self.num_envs,) or actions.dtype.kind not in "iu":
            shape = list(actions.shape)
            raise InvalidAction(
                f"actions are {actions.dtype} of shape {shape}; give integers of shape [{self.num_envs}]"
            )
        invalid = (actions < 0) | (actions >= len(ACTIONS))
        if invalid.any():
            raise self._shared.invalid_action(actions[invalid].item(0))
        return self._shared.town.step(torch.from_numpy(actions.astype(np.int64)))

    def _flatten(self, observation: Observation) -> Floats:
        town = self._shared.town
        flat: Floats = flatten_observation(observation, town.sizes).numpy()
        return flat

    def _info(
        self, observation: Observation, used: NDArray[np.int64], cause: NDArray[np.int64], given: Bools
    ) -> dict[str, Any]:
        """The information of the agents in the mask `given` `[num_envs]`, as Gymnasium arranges it."""
        levels = observation.meters.numpy().copy()
        levels[~given] = 0.0
        meters: dict[str, Any] = {}
        for index, name in enumerate(self._shared.world.meter_names):
            meters[name], meters[f"_{name}"] = levels[:, index], given.copy()
        info = {
            "meters": meters,
            "affordance_used": self._shared.used_names[np.where(given, used, -1)],
            "cause": self._shared.cause_names[np.where(given, cause, -1)],
            "stage": np.where(given, self._shared.town.stage, 0),
        }
        return info | {f"_{key}": given.copy() for key in info}
