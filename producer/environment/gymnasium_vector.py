"""The town as a vector environment of Gymnasium: all agents take a step in one go."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from producer.environment.gymnasium_town import Config, Floats, GymnasiumTown, Layout
from producer.environment.rendering import Pixels, draw, write
from producer.environment.town import Observation

__all__ = ["TownVectorEnv"]

Actions = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]


class TownVectorEnv(VectorEnv[Floats, Actions, NDArray[Any]]):
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

    @property
    def observation_legend(self) -> tuple[str, ...]:
        """What each entry of one agent's observation means."""
        return self._shared.observation_legend

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
        self._shared.reset(options, self.np_random)
        observation = self._shared.town.observation()
        info = self._info(observation, self._nobody, self._nobody, self._everybody)
        return self._shared.flatten(observation), info

    def step(self, actions: Actions) -> tuple[Floats, Floats, Bools, Bools, dict[str, Any]]:
        """Take one action per agent, `[num_envs]`.

        Raises:
            InvalidAction: not one integer in the action space for each agent.
        """
        shared = self._shared
        step = shared.step(np.asarray(actions))
        terminated, truncated = step.terminated.numpy(), step.truncated.numpy()
        done = terminated | truncated
        used, cause = step.affordance_used.numpy(), step.cause.numpy()
        final: dict[str, Any] = {}
        if done.any():
            agents = np.flatnonzero(done)
            last = shared.flatten(Observation(*(column[agents] for column in step.next_observation)))
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
            shared.start_episodes(agents, self.np_random)
            used = np.where(done, -1, used)
        observation = shared.town.observation()
        info = self._info(observation, used, self._nobody, self._everybody) | final
        return shared.flatten(observation), step.reward.numpy(), terminated, truncated, info

    def render(self) -> tuple[Pixels | str, ...] | None:
        """One picture `[height, width, 3]` uint8 or one text per agent, by `render_mode`."""
        if self.render_mode is None:
            return None
        picture = draw if self.render_mode == "rgb_array" else write
        observation, stage = self._shared.town.observation(), self._shared.town.stage
        captions = (f"stage {stage}, environment {agent}" for agent in range(self.num_envs))
        return tuple(
            picture(self._shared.scene(observation, agent, caption)) for agent, caption in enumerate(captions)
        )

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
