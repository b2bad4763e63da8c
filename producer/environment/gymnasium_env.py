"""`Hamlet/Town-v0`: the town as an environment of Gymnasium. Importing this module registers it."""

import operator
from collections.abc import Mapping
from typing import Any, SupportsIndex

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded

from producer.environment.gymnasium_town import Config, DescribesTown, Floats, GymnasiumTown, Layout
from producer.environment.rendering import Pixels, Scene, Window, draw, write
from producer.environment.rules import ACTIONS
from producer.environment.single_agent import SingleAgent

__all__ = ["ENV_ID", "TownEnv"]

ENV_ID = "Hamlet/Town-v0"


class TownEnv(DescribesTown, gymnasium.Env[Floats, np.int64]):
    """An agent lives in a small town and has to look after its needs.

    ## Description
    The town is a grid. Affordances stand in some of its cells: places such as a bed, a fridge, a job. The
    agent has meters such as energy, satiation and money, each from 0 (empty) to 1 (full). Meters drain in
    every step, and moves cost something too. INTERACT at an affordance changes meters, takes its price and
    pays its wage. An episode ends when a vital meter is empty, so the agent has to find out what helps
    against which need, where it stands, and that working comes before buying.

    Everything is data: size, meters, affordances, prices and stages come from a configuration (`config`).

    ## Action Space
    `Discrete(5)`:

    - 0: UP, to the row above (y − 1)
    - 1: DOWN
    - 2: LEFT
    - 3: RIGHT
    - 4: INTERACT with the affordance in the agent's cell

    The border of the town stops a move, which costs the same. INTERACT has no effect where there is no
    affordance, where the agent cannot pay the price, and where it does not need what the affordance gives.
    Another action raises `gymnasium.error.InvalidAction`.

    ## Observation Space
    `Box(0, 1, (num_cells + num_meters + num_affordances + 1,), float32)`, three parts one after the other:

    - one-hot: the cell of the agent, row by row from the upper left corner
    - the level of each meter, in the order of the configuration
    - one-hot: the affordance in that cell; the last entry stands for none

    A configuration with `observation: {kind: window, radius: 2}` adds a fourth part: for each of the 24 cells
    around the agent, row by row, one-hot what stands there. These are num_affordances + 2 entries a cell: the
    affordances, none, and a cell that nobody can enter.

    `env.unwrapped.observation_legend` has a text for each entry.

    ## Starting State
    A cell drawn uniformly, and each meter drawn uniformly from its `start` range in the configuration, with
    `env.np_random`. The options of `reset` choose instead, until the next `reset`:

    - `stage`: a stage of the curriculum, from 1
    - `layout`: cells of affordances by name, `{"Bed": (3, 4)}`, or `"random"`
    - `start`: `{"cell": (x, y), "meters": {"energy": 0.5}}`, or one of the two

    ## Rewards
    - −1 (`rewards.death`) in the step in which the agent dies
    - in stages with `reward: shaped` also, in each step, −`curriculum.shaping` · the mean of (1 − level) over
      the active meters of the stage, times `rewards.needs`
    - what the section `rewards` adds: a reward for each dollar earned, an expression over the meters; nothing
      in the configurations that come with Hamlet unless they say so

    ## Episode End
    - Termination: a meter that is vital and active in the stage is empty.
    - Truncation: the agent has lived for `training.max_steps_per_episode` steps. No `TimeLimit` is needed.

    ## Information
    `reset` and `step` return a dict with the keys

    - `meters`: the level of each meter by name, as a float
    - `affordance_used`: the name of the affordance that took effect in this step, or None
    - `cause`: the name of the meter whose emptiness ended the episode, "limit" at truncation, otherwise None
    - `stage`: the stage, from 1

    ## Arguments
    ```python
    import gymnasium
    gymnasium.make("producer.environment.gymnasium_env:Hamlet/Town-v0", config="quick", stage=2)
    ```

    - `config="sparse_adaptive"`: the name of a configuration that comes with Hamlet, the path of a YAML file,
      parsed YAML (a dict), or a `core.config_schema.RunConfig`. Its sections `world` and `curriculum.stages`
      describe the town; its learning settings are not used.
    - `stage=1`: the stage of the curriculum, from 1: which meters count, how fast they drain, which reward
    - `layout=None`: cells of affordances by name, or `"random"` for another layout in each episode
    - `render_mode=None`: `"human"` (a window; needs pygame), `"rgb_array"` or `"ansi"`

    `gymnasium.make_vec` uses `producer.environment.gymnasium_vector.TownVectorEnv`.

    ## References
    The parts of the town that a DQN agent learns, and how: docs/training.md. The grid, the needs and the
    affordances: docs/environment.md.

    ## Version History
    - v0: first version
    """

    metadata = {  # noqa: RUF012 (Gymnasium's own way to say it)
        "render_modes": ["human", "rgb_array", "ansi"],
        "render_fps": 10,
    }

    def __init__(
        self,
        config: Config | None = None,
        stage: int = 1,
        layout: Layout | None = None,
        render_mode: str | None = None,
    ) -> None:
        """The arguments are explained in the docstring of the class.

        Raises:
            ConfigError: the configuration does not exist or is not valid.
            ValueError: a stage, layout or render mode that does not exist.
            DependencyNotInstalled: `render_mode` is "human" and pygame is not installed.
        """
        if render_mode not in (None, *self.metadata["render_modes"]):
            known = ", ".join(self.metadata["render_modes"])
            raise ValueError(f"render_mode is {render_mode!r}; give None or one of {known}")
        self._shared = GymnasiumTown(config, 1, stage, layout)
        self.render_mode = render_mode
        self.observation_space = self._shared.observation_space
        self.action_space = self._shared.action_space
        self._agent = SingleAgent(self._shared.town)
        self._meter_names = self._shared.world.meter_names
        self._episode_started, self._episode_runs = False, False
        self._window = None
        if render_mode == "human":
            self._window = Window(ENV_ID, self.metadata["render_fps"])

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Start an episode; a seed starts the same sequence of episodes again.

        Raises:
            ValueError: an option that does not exist, or a value that the configuration does not allow.
        """
        super().reset(seed=seed)
        self._shared.choose(options, self.np_random)
        cell, meters = self._shared.draw_starts(1, self.np_random)
        self._agent.start(cell.item(), meters[0])
        self._episode_started, self._episode_runs = True, True
        self._show()
        return self._agent.observation(), self._info(None, None)

    def step(self, action: SupportsIndex) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Take one action.

        Raises:
            InvalidAction: the action is not in the action space.
            ResetNeeded: no episode is running.
        """
        if not self._episode_runs:
            raise ResetNeeded("no episode is running; call reset() before step()")
        try:
            index = operator.index(action)
        except TypeError:
            raise self._shared.invalid_action(action) from None
        if not 0 <= index < len(ACTIONS):
            raise self._shared.invalid_action(index)
        step = self._agent.step(index)
        self._episode_runs = not (step.terminated or step.truncated)
        used = self._shared.used_names.item(step.affordance_used)
        cause = "limit" if step.truncated else self._shared.cause_names.item(step.cause)
        self._show()
        info = self._info(used, cause)
        return self._agent.observation(), step.reward, step.terminated, step.truncated, info

    def render(self) -> Pixels | str | None:
        """A picture `[height, width, 3]` uint8 or a text, by `render_mode`; the window renders by itself.

        Raises:
            ResetNeeded: there is no episode to render yet.
        """
        if self.render_mode not in ("rgb_array", "ansi"):
            return None
        scene = self._scene()
        return draw(scene) if self.render_mode == "rgb_array" else write(scene)

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()

    def _show(self) -> None:
        if self._window is not None:
            self._window.show(draw(self._scene()))

    def _scene(self) -> Scene:
        if not self._episode_started:
            raise ResetNeeded("there is no episode to render; call reset() before render()")
        caption = f"stage {self._shared.town.stage}, step {self._agent.episode_length}"
        return self._shared.scene(self._agent.cell, self._agent.meters.tolist(), caption)

    def _info(self, used: str | None, cause: str | None) -> dict[str, Any]:
        return {
            "meters": dict(zip(self._meter_names, self._agent.meters.tolist(), strict=True)),
            "affordance_used": used,
            "cause": cause,
            "stage": self._shared.town.stage,
        }


gymnasium.register(
    ENV_ID,
    entry_point="producer.environment.gymnasium_env:TownEnv",
    vector_entry_point="producer.environment.gymnasium_vector:TownVectorEnv",
)
